# fails: record-facts
kubectl patch configmap {{factsName}} -n {{factsNamespace}} --type json -p '[
  {"op":"move","from":"/data/gateway","path":"/data/GATEWAY"},
  {"op":"move","from":"/data/scheduler-port","path":"/data/schedulerPort"},
  {"op":"move","from":"/data/worker-mac","path":"/data/workerMac"}]'
