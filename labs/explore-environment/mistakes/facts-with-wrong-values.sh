# fails: record-facts
# Only one of three keys is right: that earns a part, not the question.
kubectl patch configmap {{factsName}} -n {{factsNamespace}} --type merge \
  -p '{"data":{"gateway":"{{controlplaneIp}}","scheduler-port":"10257"}}'
