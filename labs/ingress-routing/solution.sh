#!/usr/bin/env bash
# Finds every answer as a student would, on the terminal of the control plane.
set -euo pipefail

controller=$(kubectl get deployments -A -l app.kubernetes.io/component=controller --no-headers)
echo "answer controller-namespace $(awk '{ print $1 }' <<<"$controller")"
echo "answer controller-name $(awk '{ print $2 }' <<<"$controller")"
echo "answer app-namespace $(kubectl get ingress -A --no-headers | awk '$2 == "{{ingress}}" { print $1 }')"
echo "answer app-count $(kubectl get deployments -n {{space}} --no-headers | wc -l)"
echo "answer class-name $(kubectl get ingressclass -o jsonpath='{.items[0].metadata.name}')"
echo "answer class-controller $(kubectl get ingressclass -o jsonpath='{.items[0].spec.controller}')"
echo "answer ingress-name {{ingress}}"
echo "answer ingress-host every host (*)"
echo "answer shirts-backend $(kubectl get ingress -n {{space}} {{ingress}} -o jsonpath='{.spec.rules[0].http.paths[?(@.path=="/{{shirts}}")].backend.service.name}')"
echo "answer films-path /{{oldPath}}"

port=$(kubectl get service -n ingress-nginx ingress-nginx-controller -o jsonpath='{.spec.ports[?(@.name=="http")].nodePort}')
if [ "$(curl -s -o /dev/null -w '%{http_code}' "http://node01:$port/nothing-here")" = 404 ]; then
  echo "answer no-rule a 404 of the controller's default backend"
fi
echo "answer http-port $port"
echo "answer ingress-address $(kubectl get service -n ingress-nginx ingress-nginx-controller -o jsonpath='{.spec.clusterIP}')"
echo "answer rewrite-target /"
echo "answer ssl-redirect plain HTTP is answered instead of being redirected to HTTPS"

kubectl apply -f - <<'EOF'
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: "{{ingress}}"
  namespace: "{{space}}"
  annotations:
    nginx.ingress.kubernetes.io/rewrite-target: /
    nginx.ingress.kubernetes.io/ssl-redirect: "false"
spec:
  ingressClassName: nginx
  rules:
    - http:
        paths:
          - path: "/{{shirts}}"
            pathType: Prefix
            backend: { service: { name: "{{shirts}}-service", port: { number: 8080 } } }
          - path: "/{{newPath}}"
            pathType: Prefix
            backend: { service: { name: "{{films}}-service", port: { number: 8080 } } }
          - path: "/{{mealPath}}"
            pathType: Prefix
            backend: { service: { name: "{{meals}}-service", port: { number: 8080 } } }
EOF
echo "answer old-path-status 404"

echo "answer other-namespace $(kubectl get deployments -A --no-headers | awk '/webapp-/ { print $1 }')"
echo "answer pay-service $(kubectl get service -n {{otherSpace}} -o jsonpath='{.items[0].metadata.name}')"
kubectl create ingress pay -n {{otherSpace}} --class=nginx --rule='/{{payPath}}*={{payName}}:8282' \
  --annotation nginx.ingress.kubernetes.io/rewrite-target=/ --dry-run=client -o yaml | kubectl apply -f -
echo "answer why-second the services of an Ingress are looked up in its own namespace"
kubectl create ingress campaign -n {{space}} --class=nginx --rule='{{host}}/*={{meals}}-service:8080' \
  --dry-run=client -o yaml | kubectl apply -f -
