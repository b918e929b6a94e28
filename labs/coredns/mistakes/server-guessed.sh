# fails: dns-solution, dns-pods, dns-service, dns-address
echo "answer dns-solution SkyDNS"
echo "answer dns-pods 5"
echo "answer dns-service coredns"
echo "answer dns-address $(kubectl get service kubernetes -o jsonpath='{.spec.clusterIP}')"
