# fails: from-a-node, why-not-node
echo "answer from-a-node $(kubectl get service -n kube-system kube-dns -o jsonpath='{.spec.clusterIP}')"
echo "answer why-not-node CoreDNS answers pods only"
