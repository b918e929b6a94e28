# fails: dns
kubectl --context k8s-ops -n kube-system scale deployment coredns --replicas=1
until [ "$(kubectl --context k8s-ops -n kube-system get pods -l k8s-app=kube-dns --no-headers | wc -l)" = 1 ]; do sleep 0.3; done
