# fails: certificate
ssh ops-control 'sed -i 2,\$d /root/{{expiryFile}}'
