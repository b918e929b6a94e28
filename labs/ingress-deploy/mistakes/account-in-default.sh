# fails: accounts
kubectl delete sa -n ingress-nginx ingress-nginx-admission
kubectl create sa ingress-nginx-admission
