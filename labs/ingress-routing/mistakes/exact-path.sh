# fails: add-path
kubectl get ingress {{ingress}} -n {{space}} -o json |
  jq '(.spec.rules[0].http.paths[] | select(.path == "/{{mealPath}}")).pathType = "Exact"' | kubectl replace -f -
