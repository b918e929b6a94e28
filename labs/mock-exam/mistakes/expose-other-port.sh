# fails: expose
kubectl --context k8s-web patch service {{catalogService}} -n {{shop}} --type=json -p '[{"op":"replace","path":"/spec/ports/0/targetPort","value":80}]'
