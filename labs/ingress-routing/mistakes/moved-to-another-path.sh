# fails: move-path
kubectl get ingress {{ingress}} -n {{space}} -o json |
  jq '(.spec.rules[0].http.paths[] | select(.path == "/{{newPath}}")).path = "/{{newPath}}/live"' | kubectl replace -f -
