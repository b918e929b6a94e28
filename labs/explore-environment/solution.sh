#!/usr/bin/env bash
# Finds every answer as a student would, on the terminal of the control plane.
set -euo pipefail

nodes=$(kubectl get nodes --no-headers | wc -l)
echo "answer node-count $nodes"

internal_ip() {
  kubectl get node "$1" -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}'
}
controlplane_ip=$(internal_ip controlplane)
worker_ip=$(internal_ip node01)
echo "answer controlplane-ip $controlplane_ip"
echo "answer worker-ip $worker_ip"

interface=$(ip -brief address | awk -v ip="$controlplane_ip" 'index($0, " " ip "/") { sub(/@.*/, "", $1); print $1 }')
echo "answer controlplane-interface $interface"
echo "answer controlplane-mac $(ip -o link show dev "$interface" | sed -n 's/.*link\/ether \([0-9a-f:]*\).*/\1/p')"

ping -c1 -W2 "$worker_ip" >/dev/null
worker_mac=$(ip neigh show "$worker_ip" | sed -n 's/.*lladdr \([0-9a-f:]*\).*/\1/p')
echo "answer worker-mac $worker_mac"

bridge=$(ip -o link show type bridge | awk -F': ' 'NR == 1 { print $2 }')
echo "answer runtime-bridge $bridge"
echo "answer bridge-state $(ip -o link show dev "$bridge" | sed -n 's/.* state \([A-Z]*\).*/\1/p')"

gateway=$(ip route show default | awk '{ print $3; exit }')
echo "answer default-gateway $gateway"

scheduler_port=$(netstat -nplt | awk '/kube-scheduler/ { sub(/.*:/, "", $4); print $4; exit }')
echo "answer scheduler-port $scheduler_port"

etcd_port=$(netstat -anp | awk '/ESTABLISHED/ && /\/etcd/ { sub(/.*:/, "", $4); print $4 }' |
  grep -E '^(2379|2380|2381)$' | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')
echo "answer etcd-port $etcd_port"

kubectl create namespace {{factsNamespace}} --dry-run=client -o yaml | kubectl apply -f -
kubectl create configmap {{factsName}} -n {{factsNamespace}} --dry-run=client -o yaml \
  --from-literal=gateway="$gateway" \
  --from-literal=scheduler-port="$scheduler_port" \
  --from-literal=worker-mac="$worker_mac" | kubectl apply -f -

ssh node01 ip route > /root/{{routesFile}}
