# fails: old-one, routes
kubectl delete service -n {{space}} {{films}}-service
