# node: ops-control
kubectl -n kube-system patch daemonset kube-proxy --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/1","value":"--config=/var/lib/kube-proxy/{{wrongFile}}"}]'
kubectl -n kube-system get configmap coredns -o yaml |
  sed 's#^\( *\)loadbalance$#\1{{wrongWord}}#' | kubectl replace -f -
for app in kube-proxy kube-dns; do kubectl -n kube-system delete pod -l k8s-app=$app --now --wait=false; done

kubectl -n {{jobs}} wait --for=condition=Ready pod --all --timeout=120s
# Of each at least one must have said why before a node is lost.
for app in kube-dns kube-proxy; do
  until kubectl -n kube-system get pods -l k8s-app=$app --no-headers | grep -qE 'Error|CrashLoopBackOff'; do sleep 0.3; done
done
