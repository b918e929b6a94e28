# fails: routes
kubectl annotate ingress -n {{space}} {{ingress}} nginx.ingress.kubernetes.io/rewrite-target-
