# fails: routes
ip route replace $(kubectl get node node01 -o jsonpath='{.spec.podCIDR}') via {{gateway}}
