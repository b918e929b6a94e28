# fails: gateway, route, split
kubectl patch gateway -n nginx-gateway {{gateway}} --type=json -p '[{"op":"remove","path":"/spec/listeners/0/allowedRoutes"}]'
