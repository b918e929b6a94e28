# fails: route
# Without a namespace the Gateway is looked for in that of the route.
kubectl patch httproute {{route}} --type=json -p '[{"op":"remove","path":"/spec/parentRefs/0/namespace"}]'
