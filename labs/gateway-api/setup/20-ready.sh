kubectl -n nginx-gateway rollout status deployment/nginx-gateway --timeout=120s
