# fails: egress
kubectl patch networkpolicy -n {{space}} {{store}}-egress --type=json -p '[{"op":"remove","path":"/spec/egress/1"}]'
