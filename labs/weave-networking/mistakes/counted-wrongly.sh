# fails: node-count, agent-count, agent-place
echo "answer node-count 1"
echo "answer agent-count $(kubectl get pods -n kube-system -l name=weave-net -o jsonpath='{.items[*].spec.containers[*].name}' | wc -w)"
echo "answer agent-place both on the control plane"
