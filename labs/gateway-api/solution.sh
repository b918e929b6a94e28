#!/usr/bin/env bash
# Finds every answer as a student would, and builds the way in, on the terminal of the control plane.
set -euo pipefail

if kubectl explain gatewayclass.spec | grep controllerName >/dev/null; then echo "answer who-names GatewayClass"; fi
kubectl api-resources --api-group=gateway.networking.k8s.io --namespaced=false --no-headers |
  awk '{ print "answer cluster-wide " $NF }'
echo "answer class-name $(kubectl get gatewayclass -o jsonpath='{.items[0].metadata.name}')"
echo "answer controller-name $(kubectl get gatewayclass -o jsonpath='{.items[0].spec.controllerName}')"
echo "answer known-name istio.io/gateway-controller"
for name in traefik.io/gateway-controller gateway.k8s.aws/alb; do echo "answer known-names $name"; done
echo "answer same-everywhere annotations of the old controller mean nothing to the new one, fields of the Gateway API mean the same to both"
echo "answer one-or-several a Gateway for the entry and an HTTPRoute, which can be of another namespace"
for kind in TCP UDP gRPC; do echo "answer traffic-types $kind"; done
echo "answer not-carried ICMP"
for what in "choose by a header" "share requests out by weight" "mirror requests to a second Service"; do
  echo "answer without-annotations $what"
done
echo "answer teams the entry and the routes are separate objects, and the entry says who may attach"
kubectl explain gateway.spec.listeners.allowedRoutes.namespaces.from >/dev/null
echo "answer allowed-default Same"

port() { kubectl get svc -n nginx-gateway nginx-gateway -o jsonpath="{.spec.ports[?(@.port==$1)].nodePort}"; }
[ "$(port 80)" = {{httpPort}} ] || kubectl patch svc nginx-gateway -n nginx-gateway --type='json' -p='[
  {"op": "replace", "path": "/spec/ports/0/nodePort", "value": {{httpPort}}},
  {"op": "replace", "path": "/spec/ports/1/nodePort", "value": {{httpsPort}}}
]'
kubectl apply -f - <<'YAML'
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: "{{gateway}}", namespace: nginx-gateway }
spec:
  gatewayClassName: nginx
  listeners:
    - name: "{{listener}}"
      protocol: HTTP
      port: 80
      allowedRoutes: { namespaces: { from: All } }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: "{{route}}", namespace: default }
spec:
  parentRefs: [{ name: "{{gateway}}", namespace: nginx-gateway }]
  rules:
    - matches: [{ path: { type: PathPrefix, value: / } }]
      backendRefs: [{ name: "{{app}}-svc", port: 80 }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: "{{split}}", namespace: default }
spec:
  parentRefs: [{ name: "{{gateway}}", namespace: nginx-gateway }]
  hostnames: ["{{host}}"]
  rules:
    - backendRefs: [{ name: stable-svc, port: 80, weight: 3 }, { name: fresh-svc, port: 80, weight: 1 }]
YAML
for app in {{app}} stable fresh; do kubectl rollout status deployment/$app --timeout=90s; done
kubectl wait --for=condition=Programmed -n nginx-gateway gateway/{{gateway}} --timeout=60s
