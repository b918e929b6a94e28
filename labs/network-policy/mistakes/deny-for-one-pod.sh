# fails: deny
kubectl patch networkpolicy -n {{space}} deny-all --type=merge -p '{"spec":{"podSelector":{"matchLabels":{"app":"{{front}}"}}}}'
