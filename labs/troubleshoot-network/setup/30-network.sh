# node: node02
rm /etc/cni/net.d/*.conflist
