kubectl wait -n {{space}} --for=condition=Ready pod --all --timeout=90s
kubectl wait -n {{otherSpace}} --for=condition=Ready pod --all --timeout=90s
