# fails: pinned-pod
kubectl delete pod {{pod}} --now
kubectl run {{pod}} --image=busybox --restart=Never --overrides='{"spec":{"nodeName":"node01"}}' -- ip route
kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/{{pod}} --timeout=60s
