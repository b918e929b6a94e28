# fails: namespace
kubectl label namespace ingress-nginx stage-
