# fails: service-rules
iptables-save -t nat > /root/{{rulesFile}}
