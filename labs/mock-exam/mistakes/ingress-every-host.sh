# fails: ingress
kubectl --context k8s-web patch ingress {{ingress}} -n {{shop}} --type=json -p '[{"op":"remove","path":"/spec/rules/0/host"}]'
