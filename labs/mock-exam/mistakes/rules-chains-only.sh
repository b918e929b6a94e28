# fails: rules
ssh web-node01 'iptables-save -t nat | grep "{{shop}}/video-service" | grep KUBE-SERVICES > /root/{{rulesFile}}'
