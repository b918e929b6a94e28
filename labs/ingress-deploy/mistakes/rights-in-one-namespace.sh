# fails: rights
kubectl delete clusterrolebinding ingress-nginx
kubectl create rolebinding ingress-nginx -n ingress-nginx --clusterrole=ingress-nginx --serviceaccount=ingress-nginx:ingress-nginx
