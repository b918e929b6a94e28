# fails: move-path
# A second path for the films, and the first is still there.
kubectl patch ingress {{ingress}} -n {{space}} --type=json -p '[{"op":"add","path":"/spec/rules/0/http/paths/-","value":
  {"path":"/{{oldPath}}","pathType":"Prefix","backend":{"service":{"name":"{{films}}-service","port":{"number":8080}}}}}]'
