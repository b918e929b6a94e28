# fails: host-ingress
# The right host, the wrong application.
kubectl delete ingress campaign -n {{space}}
kubectl create ingress campaign -n {{space}} --class=nginx --rule='{{host}}/*={{shirts}}-service:8080'
