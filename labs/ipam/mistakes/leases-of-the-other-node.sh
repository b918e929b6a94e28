# fails: leases
ls /var/lib/cni/networks/{{network}} | grep -E '^[0-9.]+$' > /root/{{leaseFile}}
