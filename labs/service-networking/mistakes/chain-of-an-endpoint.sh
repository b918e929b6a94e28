# fails: service-chain, service-range
echo "answer service-chain $(iptables-save -t nat | grep -o 'KUBE-SEP-[A-Z0-9]*' | head -n 1)"
echo "answer service-range {{nodeNetwork}}"
