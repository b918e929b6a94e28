# fails: solution, bridge, default-range, no-twins
echo "answer solution flannel"
echo "answer bridge cni0"
echo "answer default-range 10.244.0.0/16"
echo "answer no-twins the kubelet of the control plane gives all addresses"
