# fails: list
ssh node01 ls /etc/cni/net.d > /root/{{listFile}}
