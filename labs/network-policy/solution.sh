#!/usr/bin/env bash
# Reads and writes policies as a student would, on the terminal of the control plane.
set -euo pipefail

if kubectl -n kube-system get daemonset weave-net -o jsonpath='{.spec.template.spec.containers[*].name}' | grep -w weave-npc >/dev/null; then
  echo "answer enforcer weave-npc"
fi
echo "answer without-enforcer it is stored and nothing else happens"
for network in Calico "Weave Net" Cilium; do echo "answer enforcing $network"; done
echo "answer first-policy $(kubectl get networkpolicies -A --no-headers | awk -v app={{store}} '$2 ~ "^" app "-from" { print $2 }')"
echo "answer selected $(kubectl get networkpolicy -n {{space}} {{store}}-from-{{api}} -o jsonpath='{.spec.podSelector.matchLabels.app}')"
echo "answer open everybody may reach them"
echo "answer several what either of them allows is allowed"

kubectl label namespace {{otherSpace}} {{label}}={{value}} --overwrite
kubectl apply -f - <<'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all, namespace: "{{space}}" }
spec: { podSelector: {}, policyTypes: [Ingress] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: "{{api}}-from-{{front}}", namespace: "{{space}}" }
spec:
  podSelector: { matchLabels: { app: "{{api}}" } }
  policyTypes: [Ingress]
  ingress:
    - from: [{ podSelector: { matchLabels: { app: "{{front}}" } } }]
      ports: [{ protocol: TCP, port: 80 }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: "{{front}}-from-outside", namespace: "{{space}}" }
spec:
  podSelector: { matchLabels: { app: "{{front}}" } }
  policyTypes: [Ingress]
  ingress:
    - from: [{ namespaceSelector: { matchLabels: { "{{label}}": "{{value}}" } } }]
      ports: [{ protocol: TCP, port: 80 }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: "{{store}}-egress", namespace: "{{space}}" }
spec:
  podSelector: { matchLabels: { app: "{{store}}" } }
  policyTypes: [Egress]
  egress:
    - to: [{ podSelector: { matchLabels: { app: "{{api}}" } } }]
    - ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }]
YAML
