# fails: gateway, route, split
kubectl patch gateway -n nginx-gateway {{gateway}} --type=json -p '[{"op":"add","path":"/spec/listeners/0/hostname","value":"www.example.com"}]'
