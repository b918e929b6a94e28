kubectl wait --for=condition=Ready pod/{{resident}} --timeout=60s
