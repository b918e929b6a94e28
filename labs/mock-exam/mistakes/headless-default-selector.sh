# fails: headless
kubectl --context k8s-web set selector service {{headless}} -n {{shop}} app={{headless}}
