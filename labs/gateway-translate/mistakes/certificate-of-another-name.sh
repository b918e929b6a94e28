# fails: tls
kubectl patch gateway -n {{space}} {{gateway}} --type=json -p '[{"op":"replace","path":"/spec/listeners/1/tls/certificateRefs/0/name","value":"tls"}]'
