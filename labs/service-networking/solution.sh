#!/usr/bin/env bash
# Finds every answer as a student would, on the terminal of the control plane.
set -euo pipefail

ip=$(kubectl get node controlplane -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}')
echo "answer node-range $(ip route show proto kernel | awk -v ip="$ip" 'index($0, "src " ip) { print $1 }')"
echo "answer pod-range $(sed -n 's/.*--cluster-cidr=//p' /etc/kubernetes/manifests/kube-controller-manager.yaml)"
echo "answer service-range $(sed -n 's/.*--service-cluster-ip-range=//p' /etc/kubernetes/manifests/kube-apiserver.yaml)"
echo "answer proxy-count $(kubectl get pods -n kube-system -l k8s-app=kube-proxy --no-headers | wc -l)"
proxy=$(kubectl get pods -n kube-system -l k8s-app=kube-proxy -o jsonpath='{.items[0].metadata.name}')
echo "answer proxy-mode $(kubectl logs -n kube-system "$proxy" | grep -io 'using [a-z]* proxier' | awk '{ print tolower($2); exit }')"
until grep -i proxier /var/log/kube-proxy.log >/dev/null 2>&1; do sleep 0.2; done
echo "answer proxy-log /var/log/kube-proxy.log"
if kubectl describe pod -n kube-system "$proxy" | grep 'Controlled By:.*DaemonSet/' >/dev/null; then
  echo "answer proxy-everywhere a DaemonSet"
fi

kubectl -n {{space}} rollout status deployment {{app}} --timeout=60s
until [ "$(iptables-save -t nat | grep -c 'KUBE-SEP.*"{{space}}/{{app}}" -m tcp')" = {{replicas}} ]; do sleep 0.2; done
cluster_ip=$(kubectl -n {{space}} get service {{app}} -o jsonpath='{.spec.clusterIP}')
echo "answer service-chain $(iptables-save -t nat | sed -n "s/^-A KUBE-SERVICES -d $cluster_ip\/32 .* -j //p")"
iptables-save -t nat | grep '"{{space}}/{{app}}' > /root/{{rulesFile}}

if ! kubectl -n {{space}} get service {{newService}} >/dev/null 2>&1; then
  kubectl -n {{space}} expose deployment {{app}} --name={{newService}} --type=NodePort --port=80 --target-port=80
fi
kubectl -n {{space}} patch service {{newService}} --type=json \
  -p '[{"op":"replace","path":"/spec/ports/0/nodePort","value":{{nodePort}}}]'
