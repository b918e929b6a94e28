# fails: gateway
kubectl --context k8s-web patch httproute {{route}} -n {{shop}} --type=json -p '[
  {"op":"replace","path":"/spec/rules/0/backendRefs/0/name","value":"video-service"},
  {"op":"replace","path":"/spec/rules/1/backendRefs/0/name","value":"music-service"}]'
