# What does not need a node of its own. Pods go first, so that they have places to run at.
kubectl -n {{space}} rollout status deployment/{{shop}} --timeout=90s
kubectl -n {{space}} rollout status deployment/{{cart}} --timeout=90s
kubectl -n {{space}} rollout status deployment/{{stock}} --timeout=90s

kubectl -n kube-system patch daemonset kube-proxy --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/1","value":"--config=/var/lib/kube-proxy/{{wrongFile}}"}]'
kubectl -n kube-system delete pod -l k8s-app=kube-proxy --now

kubectl -n kube-system scale deployment coredns --replicas=0
kubectl -n kube-system get configmap coredns -o yaml |
  sed 's#^\( *\)loadbalance$#\1{{wrongWord}}#' | kubectl replace -f -
kubectl -n kube-system wait --for=delete pod -l k8s-app=kube-dns --timeout=60s
kubectl -n kube-system scale deployment coredns --replicas=2
# They must have said why before their nodes lose the network.
until [ "$(kubectl -n kube-system get pods -l k8s-app=kube-dns --no-headers | grep -cE 'Error|CrashLoopBackOff')" = 2 ]; do sleep 0.2; done

kubectl apply -f - <<'YAML'
apiVersion: v1
kind: Service
metadata: { name: "{{shop}}", namespace: "{{space}}" }
spec: { selector: { app: "{{wrongLabel}}" }, ports: [{ port: 80, targetPort: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: "{{cart}}", namespace: "{{space}}" }
spec: { selector: { app: "{{cart}}" }, ports: [{ port: 80, targetPort: {{wrongPort}} }] }
YAML
