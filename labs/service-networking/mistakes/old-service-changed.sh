# fails: node-port, service-rules
# The right port, on the service that was to stay as it is.
kubectl -n {{space}} delete service {{newService}}
kubectl -n {{space}} patch service {{app}} -p '{"spec":{"type":"NodePort","ports":[{"port":8080,"targetPort":80,"nodePort":{{nodePort}}}]}}'
