# fails: rules
ssh web-node01 'iptables-save -t nat > /root/{{rulesFile}}'
