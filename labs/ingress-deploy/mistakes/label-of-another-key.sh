# fails: namespace
kubectl label namespace ingress-nginx stage-
kubectl label namespace ingress-nginx env={{stage}} --overwrite
