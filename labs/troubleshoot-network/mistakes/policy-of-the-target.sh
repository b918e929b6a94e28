# fails: policy
kubectl patch networkpolicy -n {{space}} {{policy}} --type=json -p '[{"op":"replace","path":"/spec/ingress/0/from/0/podSelector/matchLabels/app","value":"{{stock}}"}]'
