# fails: not-ready, kubelet-reason, cni-reason, proxy-reason, dns-reason, no-endpoints, policy-reason
echo "answer not-ready node02"
echo "answer kubelet-reason the API server refuses its certificate"
echo "answer cni-reason the bridge is down"
echo "answer proxy-reason it may not read Services"
echo "answer dns-reason it asks itself in a loop"
echo "answer policy-reason app={{stock}}"
echo "answer no-endpoints {{cart}}"
