# fails: headless
kubectl --context k8s-web delete service {{headless}} -n {{shop}}
kubectl --context k8s-web create service clusterip {{headless}} -n {{shop}} --tcp=80
kubectl --context k8s-web set selector service {{headless}} -n {{shop}} app={{stateful}}
