# fails: node-ports
kubectl patch svc nginx-gateway -n nginx-gateway --type='json' -p='[
  {"op": "replace", "path": "/spec/ports/1/nodePort", "value": 32765}
]'
