# fails: config-file, bridge, plugin, lease-folder, no-twins
echo "answer config-file 10-weave.conflist"
echo "answer bridge cni0"
echo "answer plugin kubelet"
echo "answer lease-folder /etc/cni/net.d/{{network}}"
echo "answer no-twins the API server is asked before an address is given"
