# fails: proxy
kubectl --context k8s-ops -n kube-system patch daemonset kube-proxy -p '{"spec":{"template":{"spec":{"nodeSelector":{"kubernetes.io/hostname":"ops-control"}}}}}'
until [ "$(kubectl --context k8s-ops -n kube-system get daemonset kube-proxy -o jsonpath='{.status.numberReady}')" = 1 ]; do sleep 0.3; done
