# fails: release
kubectl --context k8s-web scale deployment {{release}} -n {{releaseSpace}} --replicas=1
