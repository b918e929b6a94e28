# fails: list-networks, default-network, bridge-device, list-namespaces, container-gateway, way-out
echo "answer list-networks kubectl network ls"
echo "answer default-network docker0"
echo "answer bridge-device bridge"
echo "answer list-namespaces ip netsh"
echo "answer container-gateway {{gateway}}"
echo "answer way-out DNAT"
