# fails: shares
kubectl -n kube-system exec ds/weave-net -c weave -- /home/weave/weave --local status > /root/{{ownersFile}}
