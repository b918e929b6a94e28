# fails: add-path
# The port of the container instead of that of the service.
kubectl get ingress {{ingress}} -n {{space}} -o json |
  jq '(.spec.rules[0].http.paths[] | select(.path == "/{{mealPath}}")).backend.service.port.number = 8081' | kubectl replace -f -
