# Entries through the controllers can only be made when they are there.
kubectl -n ingress-nginx wait --for=condition=complete job --all --timeout=120s
kubectl -n ingress-nginx rollout status deployment ingress-nginx-controller --timeout=120s
kubectl -n nginx-gateway rollout status deployment nginx-gateway --timeout=120s
