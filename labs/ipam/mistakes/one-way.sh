# fails: routes
ssh node01 ip route delete $(kubectl get node controlplane -o jsonpath='{.spec.podCIDR}')
