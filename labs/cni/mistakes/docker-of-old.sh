# fails: endpoint, bin-folder, ipam
echo "answer endpoint unix:///var/run/dockershim.sock"
echo "answer bin-folder /etc/cni/net.d"
echo "answer ipam dhcp"
