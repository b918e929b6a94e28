# fails: from-outside
kubectl patch networkpolicy -n {{space}} {{front}}-from-outside --type=json \
  -p '[{"op":"replace","path":"/spec/ingress/0/from","value":[{"podSelector":{"matchLabels":{"app":"{{stranger}}"}}}]}]'
