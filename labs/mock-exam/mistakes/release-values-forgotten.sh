# fails: release
helm --kube-context k8s-web upgrade {{release}} /root/charts/{{release}} -n {{releaseSpace}} --reset-values --set service.port={{releasePort}} --set replicas=2
