# fails: proxy-count, proxy-mode, proxy-log, proxy-everywhere, service-chain
echo "answer proxy-count 1"
echo "answer proxy-mode ipvs"
echo "answer proxy-log /var/lib/kube-proxy/config.conf"
echo "answer proxy-everywhere static pods in /etc/kubernetes/manifests"
echo "answer service-chain KUBE-SERVICES"
