# fails: cni
# The file of the control plane, as it is: the bridge has an address of the other range already.
ssh node02 'cat > /etc/cni/net.d/10-containerd-net.conflist' < /etc/cni/net.d/10-containerd-net.conflist
kubectl delete pod -n {{space}} -l app={{probe}} --now
until kubectl get pods -n {{space}} -l app={{probe}} --no-headers | grep -q ContainerCreating; do sleep 0.2; done
