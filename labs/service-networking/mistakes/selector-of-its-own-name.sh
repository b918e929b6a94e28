# fails: node-port
# What `kubectl create service` writes by itself: a selector that no pod has.
kubectl -n {{space}} delete service {{newService}}
kubectl -n {{space}} create service nodeport {{newService}} --tcp=80:80 --node-port={{nodePort}}
