# fails: alias
kubectl get configmap -n kube-system coredns -o yaml |
  sed 's/rewrite name {{alias}} .*/rewrite name {{alias}} {{database}}.{{paySpace}}/' | kubectl replace -f -
kubectl rollout restart -n kube-system deployment/coredns
kubectl rollout status -n kube-system deployment/coredns --timeout=90s
