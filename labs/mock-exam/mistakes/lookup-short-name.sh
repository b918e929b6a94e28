# fails: lookup
kubectl --context k8s-web exec -n {{vault}} {{visitor}} -- nslookup video-service > /root/{{lookupFile}} 2>&1 || true
