# fails: lookup
kubectl exec -n {{teamSpace}} {{visitor}} -- nslookup {{web}} > /root/{{lookupFile}}
