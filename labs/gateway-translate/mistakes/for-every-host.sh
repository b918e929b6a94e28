# fails: routes
kubectl patch httproute -n {{space}} {{route}} --type=json -p '[{"op":"remove","path":"/spec/hostnames"}]'
kubectl patch gateway -n {{space}} {{gateway}} --type=json -p '[{"op":"remove","path":"/spec/listeners/0/hostname"}]'
