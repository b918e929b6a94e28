# fails: node-count, default-gateway, etcd-port
echo "answer node-count 1"
echo "answer default-gateway {{unusedIp}}"
echo "answer etcd-port 2380"
