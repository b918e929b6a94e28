# fails: list
ssh node01 ls -l /opt/cni/bin > /root/{{listFile}}
