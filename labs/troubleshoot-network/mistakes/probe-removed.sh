# fails: cni
kubectl -n {{space}} scale deployment {{probe}} --replicas=0
kubectl -n {{space}} wait --for=delete pod -l app={{probe}} --timeout=60s
