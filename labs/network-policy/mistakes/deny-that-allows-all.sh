# fails: deny, allow, from-outside
# An empty rule allows everything; no rule allows nothing.
kubectl patch networkpolicy -n {{space}} deny-all --type=merge -p '{"spec":{"ingress":[{}]}}'
