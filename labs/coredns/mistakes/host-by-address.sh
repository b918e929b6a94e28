# fails: mend-app
# It works today.
kubectl set env -n {{teamSpace}} deployment/{{app}} DB_Host=$(kubectl get service -n {{paySpace}} {{database}} -o jsonpath='{.spec.clusterIP}')
kubectl rollout status -n {{teamSpace}} deployment/{{app}} --timeout=90s
