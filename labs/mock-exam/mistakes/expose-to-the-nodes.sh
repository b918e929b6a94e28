# fails: expose
kubectl --context k8s-web patch service {{catalogService}} -n {{shop}} -p '{"spec":{"type":"NodePort"}}'
