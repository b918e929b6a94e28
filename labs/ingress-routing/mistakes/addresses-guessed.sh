# fails: no-rule, http-port, ingress-address, rewrite-target, ssl-redirect
echo "answer no-rule a 503, because no service is found"
echo "answer http-port {{httpsPort}}"
echo "answer ingress-address {{workerIp}}"
echo "answer rewrite-target /{{shirts}}"
echo "answer ssl-redirect HTTPS is switched off for these paths"
