# The network of the control plane, made by hand; node01 has none yet.
until range=$(kubectl get node controlplane -o jsonpath='{.spec.podCIDR}') && [ -n "$range" ]; do sleep 0.1; done
cat > /etc/cni/net.d/net-script.conf <<JSON
{
  "cniVersion": "1.0.0",
  "name": "{{network}}",
  "type": "bridge",
  "bridge": "{{bridge}}",
  "isGateway": true,
  "ipMasq": true,
  "ipam": {
    "type": "host-local",
    "subnet": "$range",
    "routes": [{ "dst": "0.0.0.0/0" }]
  }
}
JSON
kubectl wait --for=condition=Ready node/controlplane --timeout=60s
