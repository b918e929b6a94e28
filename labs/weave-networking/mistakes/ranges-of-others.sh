# fails: pod-range, worker-gateway
# The nodes' network, and the gateway of pods on the other node.
echo "answer pod-range {{nodeNetwork}}"
echo "answer worker-gateway $(ip -o -4 address show weave | awk '{ sub(/\/.*/, "", $4); print $4 }')"
