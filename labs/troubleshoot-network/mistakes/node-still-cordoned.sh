# fails: kubelet
kubectl cordon node01
