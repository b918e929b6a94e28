# fails: deploy, peers
kubectl delete -f https://github.com/weaveworks/weave/releases/download/v2.8.1/weave-daemonset-k8s.yaml --wait
kubectl -n kube-system wait --for=delete pod -l name=weave-net --timeout=90s
