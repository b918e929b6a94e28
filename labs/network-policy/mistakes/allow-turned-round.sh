# fails: allow
kubectl patch networkpolicy -n {{space}} {{api}}-from-{{front}} --type=json -p '[{"op":"replace","path":"/spec/ingress/0/from/0/podSelector/matchLabels/app","value":"{{api}}"}]'
