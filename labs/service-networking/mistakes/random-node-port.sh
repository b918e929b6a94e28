# fails: node-port
kubectl -n {{space}} delete service {{newService}}
kubectl -n {{space}} expose deployment {{app}} --name={{newService}} --type=NodePort --port=80 --target-port=80
