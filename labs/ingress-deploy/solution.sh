#!/usr/bin/env bash
# Puts the controller together as a student would, on the terminal of the control plane.
set -euo pipefail

echo "answer without it is stored, gets no address and routes nothing"
kubectl get namespace ingress-nginx >/dev/null 2>&1 || kubectl create namespace ingress-nginx
kubectl label namespace ingress-nginx stage={{stage}} --overwrite
kubectl get configmap -n ingress-nginx ingress-nginx-controller >/dev/null 2>&1 ||
  kubectl create configmap -n ingress-nginx ingress-nginx-controller --from-literal=proxy-body-size={{bodySize}}
for account in ingress-nginx ingress-nginx-admission; do
  kubectl get sa -n ingress-nginx $account >/dev/null 2>&1 || kubectl create sa -n ingress-nginx $account
done
echo "answer second-account Jobs that make the certificate of the controller's admission webhook"
kubectl get clusterrolebinding ingress-nginx >/dev/null 2>&1 ||
  kubectl create clusterrolebinding ingress-nginx --clusterrole=ingress-nginx --serviceaccount=ingress-nginx:ingress-nginx
if kubectl get clusterrole ingress-nginx -o yaml | grep ingresses/status >/dev/null; then
  echo "answer status-right it writes its address into the status of Ingress objects"
fi

sed -i 's#^apiVersion: app/v1#apiVersion: apps/v1#; s#^  namespace: nginx#  namespace: ingress-nginx#; s#component: ingress }#component: controller }#' /root/{{file}}
kubectl apply -f /root/{{file}}
kubectl rollout status -n ingress-nginx deployment/ingress-nginx-controller --timeout=90s
echo "answer no-account the ReplicaSet cannot create pods, an event says that the service account is not found"
echo "answer release $(kubectl logs -n ingress-nginx deployment/ingress-nginx-controller | awk '$1 == "Release:" { print $2 }')"

kubectl get service -n ingress-nginx ingress >/dev/null 2>&1 ||
  kubectl expose deployment -n ingress-nginx ingress-nginx-controller --name=ingress --port=80 --target-port=80 --type=NodePort
kubectl patch service -n ingress-nginx ingress --type=json \
  -p '[{"op":"replace","path":"/spec/ports/0/nodePort","value":{{httpPort}}}]'
kubectl apply -f - <<'YAML'
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata:
  name: nginx
  annotations: { ingressclass.kubernetes.io/is-default-class: "true" }
spec: { controller: k8s.io/ingress-nginx }
YAML
kubectl get ingress -n {{space}} {{ingress}} >/dev/null 2>&1 ||
  kubectl create ingress -n {{space}} {{ingress}} --class=nginx \
    --rule='/{{shirts}}*={{shirts}}-service:8080' --rule='/{{filmsPath}}*={{films}}-service:8080' \
    --annotation nginx.ingress.kubernetes.io/rewrite-target=/ \
    --annotation nginx.ingress.kubernetes.io/ssl-redirect=false
until [ "$(curl -s -o /dev/null -w '%{http_code}' http://node01:{{httpPort}}/{{shirts}})" = 200 ]; do sleep 0.2; done
echo "answer unknown-path $(curl -s -o /dev/null -w '%{http_code}' http://node01:{{httpPort}}/nothing-here)"
