# fails: node-port
kubectl --context k8s-web patch service {{frontService}} -n {{shop}} --type=json -p '[{"op":"replace","path":"/spec/ports/0/nodePort","value":31111}]'
