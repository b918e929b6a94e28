# fails: gateway
kubectl --context k8s-web patch gateway {{gatewayName}} -n {{shop}} --type=json -p '[{"op":"replace","path":"/spec/listeners/0/allowedRoutes/namespaces/from","value":"All"}]'
