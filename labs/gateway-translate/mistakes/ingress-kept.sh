# fails: old-one
kubectl create ingress -n {{space}} {{ingress}} --class=nginx --rule='{{host}}/{{filmsPath}}*={{films}}-service:8080'
