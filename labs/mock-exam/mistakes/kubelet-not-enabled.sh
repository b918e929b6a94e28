# fails: kubelet
ssh ops-node01 systemctl disable kubelet
