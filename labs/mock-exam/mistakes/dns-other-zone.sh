# fails: dns
kubectl --context k8s-ops -n kube-system get configmap coredns -o yaml | sed 's/kubernetes cluster.local/kubernetes cluster.internal/' | kubectl --context k8s-ops replace -f -
kubectl --context k8s-ops -n kube-system rollout restart deployment coredns
kubectl --context k8s-ops -n kube-system rollout status deployment coredns --timeout=120s
