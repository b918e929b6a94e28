# fails: cni
ssh node02 "jq 'del(.plugins[0].ipam.routes)' /etc/cni/net.d/10-containerd-net.conflist > /tmp/c; cp /tmp/c /etc/cni/net.d/10-containerd-net.conflist"
kubectl delete pod -n {{space}} -l app={{probe}} --now
kubectl rollout status -n {{space}} deployment/{{probe}} --timeout=60s
