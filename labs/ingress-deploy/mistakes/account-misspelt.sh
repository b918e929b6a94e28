# fails: accounts
kubectl delete sa -n ingress-nginx ingress-nginx-admission
kubectl create sa -n ingress-nginx ingress-nginx-admissions
