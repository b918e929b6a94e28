# fails: routes
kubectl patch httproute -n {{space}} {{route}} --type=json -p '[{"op":"remove","path":"/spec/rules/0/filters"}]'
