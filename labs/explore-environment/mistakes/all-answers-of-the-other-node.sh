# fails: controlplane-ip, controlplane-mac, worker-ip, worker-mac
# The two nodes taken for one another.
ip() { kubectl get node "$1" -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}'; }
echo "answer controlplane-ip $(ip node01)"
echo "answer worker-ip $(ip controlplane)"
echo "answer controlplane-mac {{workerMac}}"
echo "answer worker-mac {{controlplaneMac}}"
