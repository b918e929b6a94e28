# fails: blocked
kubectl --context k8s-web delete networkpolicy -n {{guarded}} default-deny
