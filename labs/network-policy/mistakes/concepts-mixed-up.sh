# fails: enforcer, without-enforcer, enforcing, first-policy, selected, open, several
echo "answer enforcer kube-proxy"
echo "answer without-enforcer it is refused when it is created"
for network in Calico flannel; do echo "answer enforcing $network"; done
echo "answer first-policy default-deny"
echo "answer selected {{api}}"
echo "answer open nobody may reach them"
echo "answer several only what both of them allow is allowed"
