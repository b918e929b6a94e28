#!/usr/bin/env bash
# Reads the symptoms as a student would, on the terminal of the control plane, then mends each fault.
set -euo pipefail

echo "answer not-ready node01, node02"
# Of whichever pod can be asked: those of a node whose kubelet is down cannot.
says() {
  until for pod in $(kubectl -n kube-system get pods -l "$1" -o name); do
    kubectl -n kube-system logs "$pod" 2>/dev/null || true
  done | grep "$2" >/dev/null; do sleep 0.3; done
}
look() {
  until ssh node01 journalctl -u kubelet --no-pager | grep 'no such file' >/dev/null; do sleep 0.3; done
  echo "answer kubelet-reason a file that its configuration names does not exist"
  until kubectl get node node02 -o yaml | grep 'cni plugin not initialized' >/dev/null; do sleep 0.2; done
  echo "answer cni-reason the runtime has found no configuration of a network"
  says k8s-app=kube-proxy '{{wrongFile}}: no such file'
  echo "answer proxy-reason it is told a configuration file that is not there"
  says k8s-app=kube-dns 'Unknown directive'
  echo "answer dns-reason it does not understand its configuration"
  for service in {{shop}} {{cart}}; do
    [ -n "$(kubectl get endpointslices -n {{space}} -l kubernetes.io/service-name=$service -o jsonpath='{.items[*].endpoints[*].addresses}')" ] ||
      echo "answer no-endpoints $service"
  done
  echo "answer policy-reason app=$(kubectl get networkpolicy -n {{space}} {{policy}} -o jsonpath='{.spec.ingress[0].from[0].podSelector.matchLabels.app}')"
}
# What is to be seen only once.
[ -e /root/.first-look ] || { look > /root/.first-look.part; mv /root/.first-look.part /root/.first-look; }
cat /root/.first-look

ssh node01 'sed -i "s#clientCAFile: .*#clientCAFile: /etc/kubernetes/pki/ca.crt#" /var/lib/kubelet/config.yaml
  systemctl enable kubelet; systemctl restart kubelet'

ssh node02 test -e /etc/cni/net.d/10-calico.conflist ||
  kubectl -n kube-system delete pod -l k8s-app=calico-node --field-selector spec.nodeName=node02

kubectl -n kube-system patch daemonset kube-proxy --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/1","value":"--config=/var/lib/kube-proxy/config.conf"}]'

kubectl -n kube-system get configmap coredns -o yaml | sed 's#^\( *\){{wrongWord}}$#\1loadbalance#' | kubectl replace -f -
kubectl -n kube-system rollout restart deployment/coredns

kubectl set selector -n {{space}} service {{shop}} app={{shop}}
kubectl patch service -n {{space}} {{cart}} --type=json -p '[{"op":"replace","path":"/spec/ports/0/targetPort","value":80}]'

kubectl patch networkpolicy -n {{space}} {{policy}} --type=json -p '[{"op":"replace","path":"/spec/ingress/0/from/0/podSelector/matchLabels/app","value":"{{cart}}"}]'

kubectl wait --for=condition=Ready node --all --timeout=90s
kubectl -n kube-system rollout status daemonset/kube-proxy --timeout=120s
kubectl -n kube-system rollout status deployment/coredns --timeout=120s
kubectl -n {{space}} rollout status deployment/{{probe}} --timeout=90s
