# fails: cni
# A bridge of its own, which comes before the network of the cluster: pods get addresses that no other node has a route to.
ssh node02 'cat > /etc/cni/net.d/05-bridge.conflist' <<'JSON'
{ "cniVersion": "1.0.0", "name": "own", "plugins": [{ "type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true,
  "ipam": { "type": "host-local", "subnet": "10.88.0.0/16", "routes": [{ "dst": "0.0.0.0/0" }] } }] }
JSON
