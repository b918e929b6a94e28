# fails: not-there, configured, runtime-or-cni
echo "answer not-there vlan"
echo "answer configured portmap"
echo "answer runtime-or-cni containerd"
echo "answer runtime-or-cni flannel"
