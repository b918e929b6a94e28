# fails: node-port
kubectl --context k8s-web set selector service {{frontService}} -n {{shop}} app={{frontService}}
