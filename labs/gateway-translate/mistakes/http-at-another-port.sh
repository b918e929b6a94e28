# fails: gateway, routes
kubectl patch gateway -n {{space}} {{gateway}} --type=json -p '[{"op":"replace","path":"/spec/listeners/0/port","value":8080}]'
# Nobody answers at the old port a moment later.
port=$(kubectl get svc -n nginx-gateway nginx-gateway -o jsonpath='{.spec.ports[?(@.port==80)].nodePort}')
for _ in $(seq 100); do
  [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' -H 'Host: {{host}}' "http://node01:$port/{{filmsPath}}")" = 200 ] || break
  sleep 0.2
done
