# fails: settings
echo 'proxy-body-size: {{bodySize}}' > /root/settings.yaml
kubectl create configmap -n ingress-nginx ingress-nginx-controller --from-file=/root/settings.yaml --dry-run=client -o yaml |
  kubectl replace -f -
