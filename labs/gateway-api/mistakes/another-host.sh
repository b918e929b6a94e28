# fails: split
kubectl patch httproute {{split}} --type=json -p '[{"op":"replace","path":"/spec/hostnames/0","value":"www.{{host}}"}]'
