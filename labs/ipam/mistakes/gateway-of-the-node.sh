# fails: pod-gateway, gateway-owner, same-range
echo "answer pod-gateway $(ip route | awk '$1 == "default" { print $3 }')"
echo "answer gateway-owner the router of the nodes' network"
echo "answer same-range the second node stays NotReady"
