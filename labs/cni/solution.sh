#!/usr/bin/env bash
# Finds every answer as a student would, on the terminal of the control plane.
set -euo pipefail

echo "answer endpoint $(ps aux | grep -o 'container-runtime-endpoint=unix[^ ]*' | head -n 1 | cut -d= -f2)"
if [ -x /opt/cni/bin/bridge ]; then echo "answer bin-folder /opt/cni/bin"; fi
for plugin in bridge vlan dhcp {{absent}}; do
  [ -e "/opt/cni/bin/$plugin" ] || echo "answer not-there $plugin"
done
echo "answer configured $(jq -r '.plugins[0].type' /etc/cni/net.d/*.conflist)"
echo "answer ipam $(jq -r '.plugins[0].ipam.type' /etc/cni/net.d/*.conflist)"
echo "answer runtime-or-cni flannel"
echo "answer runtime-or-cni Calico"
ssh node01 ls /opt/cni/bin > /root/{{listFile}}

ssh node01 'cat > /etc/cni/net.d/net-script.conflist' <<'JSON'
{
  "cniVersion": "1.0.0",
  "name": "own",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "{{ownBridge}}",
      "isGateway": true,
      "ipMasq": true,
      "ipam": {
        "type": "host-local",
        "ranges": [[{ "subnet": "{{ownNetwork}}" }]],
        "routes": [{ "dst": "0.0.0.0/0" }]
      }
    }
  ]
}
JSON
ssh node01 '[ ! -e /etc/cni/net.d/10-containerd-net.conflist ] || mv /etc/cni/net.d/10-containerd-net.conflist /root/'
kubectl get pod {{pod}} >/dev/null 2>&1 ||
  kubectl run {{pod}} --image=nginx --overrides='{"spec":{"nodeName":"node01","terminationGracePeriodSeconds":1}}'
kubectl wait --for=condition=Ready pod/{{pod}} --timeout=90s
