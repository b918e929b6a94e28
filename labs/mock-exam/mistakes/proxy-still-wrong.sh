# fails: proxy
kubectl --context k8s-ops -n kube-system patch daemonset kube-proxy --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/1","value":"--config=/var/lib/kube-proxy/{{wrongFile}}"}]'
