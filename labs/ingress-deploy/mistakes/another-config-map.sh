# fails: deploy
kubectl get deployment -n ingress-nginx ingress-nginx-controller -o yaml |
  sed 's#--configmap=$(POD_NAMESPACE)/ingress-nginx-controller#--configmap=$(POD_NAMESPACE)/settings#' | kubectl replace -f -
