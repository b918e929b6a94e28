# fails: mend-app
kubectl set env -n {{teamSpace}} deployment/{{app}} DB_Host={{paySpace}}.{{database}}
kubectl rollout status -n {{teamSpace}} deployment/{{app}} --timeout=90s
