# fails: split
kubectl patch httproute {{split}} --type=json -p '[{"op":"replace","path":"/spec/rules/0/backendRefs/1/weight","value":0}]'
