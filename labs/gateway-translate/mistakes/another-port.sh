# fails: tls
kubectl patch gateway -n {{space}} {{gateway}} --type=json -p '[{"op":"replace","path":"/spec/listeners/1/port","value":8443}]'
