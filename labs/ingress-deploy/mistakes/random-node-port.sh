# fails: service
kubectl delete service -n ingress-nginx ingress
kubectl expose deployment -n ingress-nginx ingress-nginx-controller --name=ingress --port=80 --target-port=80 --type=NodePort
