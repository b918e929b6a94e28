# fails: ingress
kubectl --context k8s-web patch ingress {{ingress}} -n {{shop}} --type=json -p '[{"op":"replace","path":"/spec/rules/0/http/paths/0/pathType","value":"Exact"}]'
