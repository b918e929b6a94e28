# fails: service
kubectl patch service -n ingress-nginx ingress --type=json -p '[{"op":"replace","path":"/spec/ports/0/targetPort","value":8080}]'
