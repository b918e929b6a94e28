# fails: alias
# Pods do not read the hosts file of a node.
kubectl get configmap -n kube-system coredns -o yaml | sed '/rewrite name/d' | kubectl replace -f -
kubectl rollout restart -n kube-system deployment/coredns
kubectl rollout status -n kube-system deployment/coredns --timeout=90s
echo "$(kubectl get service -n {{paySpace}} {{database}} -o jsonpath='{.spec.clusterIP}') {{alias}}" >> /etc/hosts
