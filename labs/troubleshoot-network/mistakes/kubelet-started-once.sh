# fails: kubelet
ssh node01 systemctl disable kubelet
