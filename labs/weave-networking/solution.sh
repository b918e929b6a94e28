#!/usr/bin/env bash
# Finds every answer as a student would, on the terminal of the control plane.
set -euo pipefail

echo "answer node-count $(kubectl get nodes --no-headers | wc -l)"
if grep -q weave-net /etc/cni/net.d/*; then echo "answer solution weave"; fi
echo "answer agent-count $(kubectl get pods -n kube-system --no-headers | grep -c '^weave-net')"
if [ "$(kubectl get pods -n kube-system -l name=weave-net -o jsonpath='{.items[*].spec.nodeName}' | wc -w)" = "$(kubectl get nodes --no-headers | wc -l)" ]; then
  echo "answer agent-place one on every node"
fi
echo "answer bridge $(ip -o link show type bridge | awk -F': ' '{ print $2 }' | grep weave)"
echo "answer pod-range $(kubectl -n kube-system get daemonset weave-net -o jsonpath='{.spec.template.spec.containers[?(@.name=="weave")].env[?(@.name=="IPALLOC_RANGE")].value}')"
echo "answer worker-gateway $(ssh node01 ip -o -4 address show weave | awk '{ sub(/\/.*/, "", $4); print $4 }')"
echo "answer default-range 10.32.0.0/12"
echo "answer no-twins each agent owns a part of the range and gives addresses from that alone"

kubectl get pod {{pod}} >/dev/null 2>&1 ||
  kubectl run {{pod}} --image=busybox --overrides='{"spec":{"nodeName":"node01"}}' -- sleep 3600
kubectl wait --for=condition=Ready pod/{{pod}} --timeout=60s
kubectl exec {{pod}} -- ip route | grep ^default > /root/{{routeFile}}
kubectl -n kube-system exec ds/weave-net -c weave -- /home/weave/weave --local status ipam > /root/{{ownersFile}}
