#!/usr/bin/env bash
# Finds every answer as a student would, on the terminal of the control plane, and makes the network of the worker.
set -euo pipefail

echo "answer config-file $(ls /etc/cni/net.d)"
echo "answer bridge $(jq -r .bridge /etc/cni/net.d/net-script.conf)"
echo "answer plugin $(jq -r .ipam.type /etc/cni/net.d/net-script.conf)"
echo "answer cluster-range $(grep -o 'cluster-cidr=.*' /etc/kubernetes/manifests/kube-controller-manager.yaml | cut -d= -f2)"
if grep -q 'allocate-node-cidrs=true' /etc/kubernetes/manifests/kube-controller-manager.yaml; then
  echo "answer who-splits kube-controller-manager"
fi
own=$(kubectl get node controlplane -o jsonpath='{.spec.podCIDR}')
other=$(kubectl get node node01 -o jsonpath='{.spec.podCIDR}')
echo "answer node-range $other"
echo "answer mask $((2 ** (32 - ${other#*/}) - 2))"
way=$(kubectl exec {{resident}} -- ip route | awk '$1 == "default" { print $3 }')
echo "answer pod-gateway $way"
if ip -brief address show {{bridge}} | grep -w "$way" >/dev/null; then echo "answer gateway-owner the bridge of the node"; fi
if [ -d /var/lib/cni/networks/{{network}} ]; then echo "answer lease-folder /var/lib/cni/networks/{{network}}"; fi
echo "answer no-twins there is a file for each address in use, and an address that has one is not given"
echo "answer same-range pods on different nodes get the same address"
echo "answer weave-range 10.32.0.0/12"

sed "s#$own#$other#" /etc/cni/net.d/net-script.conf | ssh node01 'cat > /etc/cni/net.d/net-script.conf'
kubectl wait --for=condition=Ready node/node01 --timeout=60s
kubectl get pod {{runner}} >/dev/null 2>&1 ||
  kubectl run {{runner}} --image=nginx:alpine --overrides='{"spec":{"nodeName":"node01","terminationGracePeriodSeconds":1}}'
kubectl wait --for=condition=Ready pod/{{runner}} --timeout=60s
ip route replace "$other" via {{workerIp}}
ssh node01 ip route replace "$own" via {{controlplaneIp}}
ssh node01 ls /var/lib/cni/networks/{{network}} | grep -E '^[0-9.]+$' > /root/{{leaseFile}}
