# fails: proxy
kubectl -n kube-system patch daemonset kube-proxy --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/1","value":"--config=/var/lib/kube-proxy/config.yaml"}]'
until [ "$(kubectl -n kube-system get pods -l k8s-app=kube-proxy --no-headers | grep -cE ' 1/1 +Running')" -lt 3 ]; do sleep 0.2; done
