# fails: pay-ingress
kubectl annotate ingress pay -n {{otherSpace}} nginx.ingress.kubernetes.io/rewrite-target-
