# fails: node-network, routes
kubectl delete pod {{runner}} --now
ssh node01 "ip link delete {{bridge}}; rm -rf /var/lib/cni/networks/{{network}}"
ssh node01 'cat > /etc/cni/net.d/net-script.conf' < /etc/cni/net.d/net-script.conf
kubectl run {{runner}} --image=nginx:alpine --overrides='{"spec":{"nodeName":"node01"}}'
kubectl wait --for=condition=Ready pod/{{runner}} --timeout=60s
ssh node01 ls /var/lib/cni/networks/{{network}} | grep -E '^[0-9.]+$' > /root/{{leaseFile}}
