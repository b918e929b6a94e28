# fails: kubelet
kubectl --context k8s-ops cordon ops-node01
