# fails: host-ingress
kubectl delete ingress campaign -n {{space}}
kubectl create ingress campaign -n {{space}} --class=nginx --rule='www.{{host}}/*={{meals}}-service:8080'
