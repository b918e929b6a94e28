# fails: policy
kubectl --context k8s-web patch networkpolicy -n {{vault}} {{policy}} --type=json -p '[{"op":"replace","path":"/spec/ingress/0/from/0","value":{"podSelector":{}}}]'
