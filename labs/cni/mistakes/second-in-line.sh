# fails: own-network
# The old configuration comes first by its name.
ssh node01 mv /root/10-containerd-net.conflist /etc/cni/net.d/
kubectl delete pod {{pod}} --now
kubectl run {{pod}} --image=nginx --overrides='{"spec":{"nodeName":"node01"}}'
kubectl wait --for=condition=Ready pod/{{pod}} --timeout=60s
