# fails: cluster-range, node-range, mask, who-splits, weave-range
echo "answer cluster-range {{serviceNetwork}}"
echo "answer node-range $(kubectl get node controlplane -o jsonpath='{.spec.podCIDR}')"
echo "answer mask 65534"
echo "answer who-splits kube-scheduler"
echo "answer weave-range 10.244.0.0/16"
