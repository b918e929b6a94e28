# fails: egress
kubectl patch networkpolicy -n {{space}} {{store}}-egress --type=json -p '[{"op":"add","path":"/spec/egress/-","value":{"ports":[{"protocol":"TCP","port":80}]}}]'
