# fails: dns
kubectl -n kube-system get configmap coredns -o yaml | sed 's/kubernetes cluster.local/kubernetes cluster.lan/' | kubectl replace -f -
kubectl -n kube-system rollout restart deployment/coredns
kubectl -n kube-system rollout status deployment/coredns --timeout=90s
