# fails: proxy
kubectl -n kube-system get daemonset kube-proxy -o yaml |
  sed 's#--config=/var/lib/kube-proxy/.*#--config=/var/lib/kube-proxy/config.yaml#' | kubectl replace -f -
sleep 1
