# fails: controlplane-ip, controlplane-mac, default-gateway, scheduler-port
echo "answer controlplane-ip {{controlplaneIp}}/24"
echo "answer controlplane-mac {{controlplaneUplink}}"
echo "answer default-gateway {{nodeNetwork}}"
echo "answer scheduler-port https"
