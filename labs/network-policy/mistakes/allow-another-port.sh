# fails: allow
kubectl patch networkpolicy -n {{space}} {{api}}-from-{{front}} --type=json -p '[{"op":"replace","path":"/spec/ingress/0/ports/0/port","value":8080}]'
