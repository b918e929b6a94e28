# fails: selector
kubectl --context k8s-web patch service {{cart}} -n {{shop}} --type=json -p '[{"op":"replace","path":"/spec/ports/0/targetPort","value":8080}]'
