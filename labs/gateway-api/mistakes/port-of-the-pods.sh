# fails: route
kubectl patch httproute {{route}} --type=json -p '[{"op":"replace","path":"/spec/rules/0/backendRefs/0/port","value":5678}]'
