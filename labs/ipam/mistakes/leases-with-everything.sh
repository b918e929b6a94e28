# fails: leases
ssh node01 ls /var/lib/cni/networks/{{network}} > /root/{{leaseFile}}
