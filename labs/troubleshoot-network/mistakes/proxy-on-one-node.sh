# fails: proxy
kubectl -n kube-system patch daemonset kube-proxy -p '{"spec":{"template":{"spec":{"nodeSelector":{"kubernetes.io/hostname":"controlplane"}}}}}'
until [ "$(kubectl get pods -n kube-system -l k8s-app=kube-proxy --no-headers | wc -l)" = 1 ]; do sleep 0.3; done
