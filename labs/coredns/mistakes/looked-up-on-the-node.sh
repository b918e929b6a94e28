# fails: lookup
nslookup {{database}}.{{paySpace}}.svc.{{zone}} $(kubectl get service -n kube-system kube-dns -o jsonpath='{.spec.clusterIP}') > /root/{{lookupFile}}
