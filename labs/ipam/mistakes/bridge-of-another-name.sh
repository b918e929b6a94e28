# fails: node-network
kubectl delete pod {{runner}} --now
ssh node01 "ip link delete {{bridge}}; sed -i 's#{{bridge}}#br9#' /etc/cni/net.d/net-script.conf"
kubectl run {{runner}} --image=nginx:alpine --overrides='{"spec":{"nodeName":"node01"}}'
kubectl wait --for=condition=Ready pod/{{runner}} --timeout=60s
ssh node01 ls /var/lib/cni/networks/{{network}} | grep -E '^[0-9.]+$' > /root/{{leaseFile}}
