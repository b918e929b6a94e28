# fails: pay-ingress
kubectl delete ingress pay -n {{otherSpace}}
kubectl create ingress pay -n {{space}} --class=nginx --rule='/{{payPath}}*={{payName}}:8282' \
  --annotation nginx.ingress.kubernetes.io/rewrite-target=/
