# fails: pinned-pod
kubectl delete pod {{pod}} --now
kubectl run {{pod}} --image=busybox --overrides='{"spec":{"nodeName":"controlplane"}}' -- sleep 3600
kubectl wait --for=condition=Ready pod/{{pod}} --timeout=60s
kubectl exec {{pod}} -- ip route | grep ^default > /root/{{routeFile}}
