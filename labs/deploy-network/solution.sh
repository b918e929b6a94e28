#!/usr/bin/env bash
# Looks at the cluster as a student would, then brings in the network.
set -euo pipefail

look() {
  kubectl get nodes --no-headers | awk '{ print $2 }' | sort -u | sed 's/^/answer node-state /'
  until kubectl get pods -n {{space}} --no-headers | grep ContainerCreating >/dev/null; do sleep 0.2; done
  kubectl get pods -n {{space}} --no-headers | awk '{ print $3 }' | sort -u | sed 's/^/answer pod-state /'
  until kubectl get events -n {{space}} | grep 'cni plugin not initialized' >/dev/null; do sleep 0.2; done
  echo "answer reason no network plugin is configured on the node"
  echo "answer config-files $(ssh node01 'ls -A /etc/cni/net.d | wc -l')"
}
# What is to be seen only once.
[ -e /root/.first-look ] || look > /root/.first-look
cat /root/.first-look
if dig cloud.weave.works | grep 'status: NXDOMAIN' >/dev/null; then
  echo "answer old-url the name of the host does not exist any more"
fi

kubectl apply -f https://github.com/weaveworks/weave/releases/download/v2.8.1/weave-daemonset-k8s.yaml
kubectl -n kube-system rollout status daemonset weave-net --timeout=90s
kubectl wait --for=condition=Ready node --all --timeout=60s
kubectl -n {{space}} rollout status deployment {{app}} --timeout=90s
kubectl get pods -n kube-system -l name=weave-net --no-headers -o custom-columns=NAME:.metadata.name > /root/{{peersFile}}
if kubectl -n kube-system get pods -l name=weave-net -o jsonpath='{.items[0].spec.containers[*].name}' | grep -w weave-npc >/dev/null; then
  echo "answer policies enforce NetworkPolicies"
fi
