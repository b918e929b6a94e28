# fails: service-rules
iptables-save -t filter | grep KUBE > /root/{{rulesFile}}
