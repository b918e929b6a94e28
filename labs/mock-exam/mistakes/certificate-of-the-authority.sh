# fails: certificate
ssh ops-control 'date -u -d "$(openssl x509 -noout -enddate -in /etc/kubernetes/pki/ca.crt | cut -d= -f2)" +%F > /root/{{expiryFile}}'
