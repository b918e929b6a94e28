# fails: peers
kubectl get pods -n kube-system --no-headers -o custom-columns=NAME:.metadata.name > /root/{{peersFile}}
