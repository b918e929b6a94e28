# fails: node-range, pod-range, service-range
# The address instead of the network, a node's part of the range, pods and services taken for one another.
echo "answer node-range {{controlplaneIp}}/32"
echo "answer pod-range $(kubectl get node node01 -o jsonpath='{.spec.podCIDR}')"
echo "answer service-range {{podNetwork}}"
