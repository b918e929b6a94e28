# The controller's webhook must be there before an Ingress is.
kubectl -n ingress-nginx wait --for=condition=complete job --all --timeout=90s
kubectl -n ingress-nginx rollout status deployment ingress-nginx-controller --timeout=90s
kubectl -n ingress-nginx patch service ingress-nginx-controller --type=json -p '[
  {"op":"replace","path":"/spec/ports/0/nodePort","value":{{httpPort}}},
  {"op":"replace","path":"/spec/ports/1/nodePort","value":{{httpsPort}}}]'
kubectl apply -f - <<'EOF'
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: "{{ingress}}"
  namespace: "{{space}}"
  annotations:
    nginx.ingress.kubernetes.io/rewrite-target: /
    nginx.ingress.kubernetes.io/ssl-redirect: "false"
spec:
  ingressClassName: nginx
  rules:
    - http:
        paths:
          - path: "/{{shirts}}"
            pathType: Prefix
            backend: { service: { name: "{{shirts}}-service", port: { number: 8080 } } }
          - path: "/{{oldPath}}"
            pathType: Prefix
            backend: { service: { name: "{{films}}-service", port: { number: 8080 } } }
EOF
