# fails: target-port
kubectl patch service -n {{space}} {{cart}} --type=json -p '[{"op":"replace","path":"/spec/ports/0/port","value":{{wrongPort}}}]'
