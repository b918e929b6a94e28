# fails: blocked
kubectl --context k8s-web patch networkpolicy -n {{guarded}} allow-monitoring --type=json -p '[{"op":"replace","path":"/spec/ingress/0/from/0/namespaceSelector","value":{}}]'
