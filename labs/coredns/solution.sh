#!/usr/bin/env bash
# Finds every answer as a student would, on the terminal of the control plane.
set -euo pipefail

pods=$(kubectl get pods -A -l k8s-app=kube-dns --no-headers)
if grep -q coredns <<<"$pods"; then echo "answer dns-solution CoreDNS"; fi
echo "answer dns-pods $(kubectl get deployment -n kube-system coredns -o jsonpath='{.spec.replicas}')"
echo "answer dns-service $(kubectl get services -n kube-system -l k8s-app=kube-dns --no-headers | awk '{ print $1 }')"
address=$(kubectl get services -n kube-system kube-dns -o jsonpath='{.spec.clusterIP}')
echo "answer dns-address $address"
echo "answer search-first $(kubectl exec -n {{teamSpace}} {{visitor}} -- grep ^search /etc/resolv.conf | awk '{ print $2 }')"
echo "answer corefile-path $(kubectl get deployment -n kube-system coredns -o jsonpath='{.spec.template.spec.containers[0].args[1]}')"
map=$(kubectl get deployment -n kube-system coredns -o jsonpath='{.spec.template.spec.volumes[0].configMap.name}')
if [ -n "$map" ]; then echo "answer corefile-source a ConfigMap is mounted into the pods as a volume"; fi
echo "answer config-map $map"
kubectl get configmap -n kube-system "$map" -o jsonpath='{.data.Corefile}' > /tmp/Corefile
echo "answer root-domain $(awk '$1 == "kubernetes" { print $2 }' /tmp/Corefile)"
if grep -q 'forward . /etc/resolv.conf' /tmp/Corefile; then
  echo "answer other-names they are passed on to the servers in the resolv.conf of the node"
fi

found() { kubectl exec -n {{teamSpace}} {{visitor}} -- nslookup "$1" >/dev/null 2>&1; }
addressIn() { kubectl get service -n "$1" {{web}} -o jsonpath='{.spec.clusterIP}'; }
for name in {{web}} {{web}}-{{teamSpace}} {{teamSpace}}.{{web}} svc.{{web}}; do
  if found "$name"; then echo "answer same-space $name"; fi
done
for name in {{web}}.{{paySpace}} {{paySpace}}.{{web}} {{web}} {{web}}.{{teamSpace}}; do
  if kubectl exec -n {{teamSpace}} {{visitor}} -- nslookup "$name" 2>/dev/null | grep -w "$(addressIn {{paySpace}})" >/dev/null; then
    echo "answer other-space $name"
  fi
done
for name in {{web}}.{{paySpace}}.{{zone}} {{web}}.{{paySpace}} {{web}}.{{paySpace}}.svc {{web}}.{{paySpace}}.svc.{{zone}}; do
  found "$name" || echo "answer not-a-name $name"
done
echo "answer full-name {{web}}.{{paySpace}}.svc.{{zone}}"
echo "answer from-a-node $(dig +short "@$address" {{web}}.{{teamSpace}}.svc.{{zone}})"
if ! grep -q "$address" /etc/resolv.conf; then
  echo "answer why-not-node the resolv.conf of a node names servers outside of the cluster"
fi

kubectl set env -n {{teamSpace}} deployment/{{app}} DB_Host={{database}}.{{paySpace}}
kubectl rollout status -n {{teamSpace}} deployment/{{app}} --timeout=90s
kubectl exec -n {{teamSpace}} {{visitor}} -- nslookup {{database}}.{{paySpace}} > /root/{{lookupFile}}

grep -q 'rewrite name' /tmp/Corefile || {
  sed -i 's/^\( *\)kubernetes .*/\1rewrite name {{alias}} {{database}}.{{paySpace}}.svc.{{zone}}\n&/' /tmp/Corefile
  kubectl create configmap -n kube-system coredns --from-file=/tmp/Corefile --dry-run=client -o yaml |
    kubectl apply -f -
  kubectl rollout restart -n kube-system deployment/coredns
  kubectl rollout status -n kube-system deployment/coredns --timeout=90s
}
