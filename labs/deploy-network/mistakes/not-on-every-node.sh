# fails: deploy, peers
# Only the control plane gets an agent, and the worker's configuration is gone.
kubectl -n kube-system patch daemonset weave-net -p '{"spec":{"template":{"spec":{"nodeSelector":{"kubernetes.io/hostname":"controlplane"}}}}}'
until [ "$(kubectl get pods -n kube-system -l name=weave-net --no-headers | wc -l)" = 1 ]; do sleep 0.3; done
ssh node01 rm -f /etc/cni/net.d/10-weave.conflist
until kubectl get node node01 --no-headers | grep -q NotReady; do sleep 0.3; done
kubectl get pods -n kube-system -l name=weave-net --no-headers -o custom-columns=NAME:.metadata.name > /root/{{peersFile}}
