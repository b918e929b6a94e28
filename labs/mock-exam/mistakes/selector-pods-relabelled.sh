# fails: selector
kubectl --context k8s-web set selector service {{cart}} -n {{shop}} app={{wrongLabel}}
kubectl --context k8s-web label pod -n {{shop}} -l app={{cart}} app={{wrongLabel}} --overwrite
