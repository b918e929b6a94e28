# fails: settings
# As nginx calls it.
kubectl patch configmap -n ingress-nginx ingress-nginx-controller --type=json \
  -p '[{"op":"replace","path":"/data","value":{"client_max_body_size":"{{bodySize}}"}}]'
