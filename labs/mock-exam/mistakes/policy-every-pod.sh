# fails: policy
kubectl --context k8s-web patch networkpolicy -n {{vault}} {{policy}} --type=json -p '[{"op":"replace","path":"/spec/podSelector","value":{}}]'
