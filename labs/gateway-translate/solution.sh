#!/usr/bin/env bash
# Says the Ingress in the words of the Gateway API, on the terminal of the control plane.
set -euo pipefail

echo "answer class-becomes gatewayClassName of a Gateway"
echo "answer host-becomes hostnames of an HTTPRoute"
echo "answer rewrite-becomes a filter URLRewrite"
echo "answer tls-becomes certificateRefs of a listener of the Gateway"
echo "answer path-type PathPrefix"

kubectl apply -f - <<'YAML'
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: "{{gateway}}", namespace: "{{space}}" }
spec:
  gatewayClassName: nginx
  listeners:
    - { name: http, protocol: HTTP, port: 80, hostname: "{{host}}" }
    - name: https
      protocol: HTTPS
      port: 443
      hostname: "{{host}}"
      tls: { mode: Terminate, certificateRefs: [{ kind: Secret, name: "{{secret}}" }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: "{{route}}", namespace: "{{space}}" }
spec:
  parentRefs: [{ name: "{{gateway}}" }]
  hostnames: ["{{host}}"]
  rules:
    - matches: [{ path: { type: PathPrefix, value: "/{{shirtsPath}}" } }]
      filters: [{ type: URLRewrite, urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: / } } }]
      backendRefs: [{ name: "{{shirts}}-service", port: 8080 }]
    - matches: [{ path: { type: PathPrefix, value: "/{{filmsPath}}" } }]
      filters: [{ type: URLRewrite, urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: / } } }]
      backendRefs: [{ name: "{{films}}-service", port: 8080 }]
YAML
kubectl delete ingress -n {{space}} {{ingress}} --ignore-not-found
for app in {{shirts}} {{films}}; do kubectl rollout status -n {{space}} deployment/$app --timeout=90s; done
kubectl wait --for=condition=Programmed -n {{space}} gateway/{{gateway}} --timeout=60s
