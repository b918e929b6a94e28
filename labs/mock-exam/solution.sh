#!/usr/bin/env bash
# Solves the exam from the terminal of `base`, task after task.
set -euo pipefail

kubectl config use-context k8s-web

kubectl get service -n {{shop}} {{catalogService}} >/dev/null 2>&1 ||
  kubectl expose deployment {{catalog}} -n {{shop}} --name={{catalogService}} --port=80 --target-port=5678

kubectl get service -n {{shop}} {{frontService}} >/dev/null 2>&1 ||
  kubectl create service nodeport {{frontService}} -n {{shop}} --tcp=80:5678 --node-port={{nodePort}}
kubectl set selector service {{frontService}} -n {{shop}} app={{front}}

kubectl set selector service {{cart}} -n {{shop}} app={{cart}}
kubectl patch service {{cart}} -n {{shop}} --type=json -p '[{"op":"replace","path":"/spec/ports/0/targetPort","value":5678}]'

kubectl apply -f - <<YAML
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: {{policy}}, namespace: {{vault}} }
spec:
  podSelector: { matchLabels: { app: {{database}} } }
  policyTypes: [Ingress]
  ingress:
    - from: [{ podSelector: { matchLabels: { role: client } } }]
      ports: [{ protocol: TCP, port: 80 }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: {{gatewayName}}, namespace: {{shop}} }
spec:
  gatewayClassName: nginx
  listeners:
    - name: http
      protocol: HTTP
      port: 80
      allowedRoutes: { namespaces: { from: Same } }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: {{route}}, namespace: {{shop}} }
spec:
  parentRefs: [{ name: {{gatewayName}} }]
  hostnames: ["{{musicHost}}"]
  rules:
    - matches: [{ headers: [{ name: version, value: beta }] }]
      backendRefs: [{ name: music-service, port: 8080 }]
    - backendRefs: [{ name: video-service, port: 8080 }]
YAML

kubectl label namespace {{monitor}} {{teamLabel}}=monitoring --overwrite

kubectl get ingress -n {{shop}} {{ingress}} >/dev/null 2>&1 ||
  kubectl create ingress {{ingress}} -n {{shop}} --class=nginx --rule="{{host}}/{{path}}*=video-service:8080"

kubectl get service -n {{shop}} {{headless}} >/dev/null 2>&1 ||
  kubectl create service clusterip {{headless}} -n {{shop}} --clusterip=None --tcp=80
kubectl set selector service {{headless}} -n {{shop}} app={{stateful}}

kubectl exec -n {{vault}} {{visitor}} -- nslookup video-service.{{shop}}.svc.cluster.local > /root/{{lookupFile}}

[ "$(kubectl get service -n {{releaseSpace}} {{release}} -o jsonpath='{.spec.ports[0].port}')" = {{releasePort}} ] ||
  helm upgrade {{release}} /root/charts/{{release}} -n {{releaseSpace}} --reuse-values --set service.port={{releasePort}} --set replicas=2

ssh web-node01 'iptables-save -t nat | grep "{{shop}}/video-service" > /root/{{rulesFile}}'

kubectl config use-context k8s-ops

ssh ops-node01 'sed -i "s#clientCAFile: .*#clientCAFile: /etc/kubernetes/pki/ca.crt#" /var/lib/kubelet/config.yaml
  systemctl enable kubelet; systemctl restart kubelet'

kubectl -n kube-system patch daemonset kube-proxy --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/1","value":"--config=/var/lib/kube-proxy/config.conf"}]'

kubectl -n kube-system get configmap coredns -o yaml | sed 's#^\( *\){{wrongWord}}$#\1loadbalance#' | kubectl replace -f -
kubectl -n kube-system rollout restart deployment/coredns

ssh ops-control 'cd /etc/kubernetes
  pods=$(sed -n "s/.*--cluster-cidr=//p" manifests/kube-controller-manager.yaml)
  services=$(sed -n "s/.*--service-cluster-ip-range=//p" manifests/kube-apiserver.yaml)
  printf "pods=%s\nservices=%s\ncni=%s\n" "$pods" "$services" "$(ls /etc/cni/net.d)" > /root/{{rangesFile}}
  end=$(openssl x509 -noout -enddate -in pki/apiserver.crt | cut -d= -f2)
  date -u -d "$end" +%F > /root/{{expiryFile}}
  openssl x509 -noout -ext subjectAltName -in pki/apiserver.crt | grep -oE "[0-9]+(\.[0-9]+){3}" >> /root/{{expiryFile}}'

kubectl logs -n {{jobs}} -l app=worker --prefix | sed -n 's#^\[pod/\([^/]*\)/.*cannot reach \([^:]*\):.*#\1\n\2#p' > /root/{{logFile}}

kubectl wait --for=condition=Ready node --all --timeout=120s
kubectl -n kube-system rollout status daemonset/kube-proxy --timeout=120s
kubectl -n kube-system rollout status deployment/coredns --timeout=120s
kubectl --context k8s-web wait -n {{shop}} --for=condition=Programmed gateway/{{gatewayName}} --timeout=90s
kubectl --context k8s-web rollout status -n {{releaseSpace}} deployment/{{release}} --timeout=90s
