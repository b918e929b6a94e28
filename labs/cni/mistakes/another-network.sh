# fails: own-network
kubectl delete pod {{pod}} --now
ssh node01 "ip link delete {{ownBridge}}; sed -i 's#{{ownNetwork}}#100.64.7.0/24#' /etc/cni/net.d/net-script.conflist"
kubectl run {{pod}} --image=nginx --overrides='{"spec":{"nodeName":"node01"}}'
kubectl wait --for=condition=Ready pod/{{pod}} --timeout=60s
