# fails: rights
kubectl create clusterrolebinding for-all --clusterrole=ingress-nginx --group=system:serviceaccounts
