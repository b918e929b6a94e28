# fails: deploy
# Its new pod cannot read anything; the old one still serves.
kubectl set serviceaccount -n ingress-nginx deployment/ingress-nginx-controller default
