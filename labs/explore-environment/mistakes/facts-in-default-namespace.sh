# fails: record-facts
kubectl get configmap {{factsName}} -n {{factsNamespace}} -o yaml | sed 's/namespace: .*/namespace: default/;/uid:/d;/resourceVersion:/d' | kubectl apply -f -
kubectl delete configmap {{factsName}} -n {{factsNamespace}}
