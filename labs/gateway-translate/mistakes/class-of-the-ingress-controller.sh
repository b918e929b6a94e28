# fails: gateway, routes, tls
kubectl patch gateway -n {{space}} {{gateway}} --type=merge -p '{"spec":{"gatewayClassName":"ingress-nginx"}}'
