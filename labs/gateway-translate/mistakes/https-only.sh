# fails: gateway, routes
kubectl patch gateway -n {{space}} {{gateway}} --type=json -p '[{"op":"remove","path":"/spec/listeners/0"}]'
