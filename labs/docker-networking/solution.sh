#!/usr/bin/env bash
# Finds every answer as a student would, on the terminal of dock01.
set -euo pipefail

docker network ls >/dev/null && echo "answer list-networks docker network ls"
echo "answer default-network $(docker inspect -f '{{.HostConfig.NetworkMode}}' {{app}})"
echo "answer bridge-device $(docker network inspect -f '{{index .Options "com.docker.network.bridge.name"}}' bridge)"
echo "answer bridge-address $(ip addr show docker0 | grep -i 'inet ' | awk '{ print $2 }' | cut -d/ -f1)"
echo "answer bridge-subnet $(docker network inspect -f '{{range .IPAM.Config}}{{.Subnet}}\{{end}}' bridge)"
ip netns >/dev/null && echo "answer list-namespaces ip netns"
address=$(docker inspect -f '{{.NetworkSettings.Networks.bridge.IPAddress}}' {{app}})
for name in $(ip netns | cut -d' ' -f1); do
  if ip netns exec "$name" ip -o addr | grep -w "$address" >/dev/null; then echo "answer namespace $name"; namespace=$name; fi
done
[ "$(readlink /var/run/netns)" = /var/run/docker/netns ] &&
  echo "answer where-namespaces-are Docker keeps them in /var/run/docker/netns, and ip looks in /var/run/netns"
peer=$(ip netns exec "$namespace" cat /sys/class/net/eth0/iflink)
echo "answer cable $(ip -o link | grep "^$peer:" | awk '{ print $2 }' | cut -d@ -f1)"
docker network inspect -f '{{range .Containers}}{{.Name}} {{"\n"}}\{{end}}' bridge | grep -cE '^({{app}}|{{shop}}|{{filler}}-[0-9]) ' |
  sed 's/^/answer attached /'
echo "answer container-address $address"
echo "answer container-gateway $(ip netns exec "$namespace" ip route | awk '/^default/ { print $3; exit }')"
curl -s "http://$address:80" -o /root/{{pageFile}}
(ssh dock02 curl -sv -m 8 "http://$address" 2>&1 || true) | grep "No route to host" >/dev/null &&
  echo "answer from-outside The range is each host's own: on dock02 it leads to docker0 of dock02, where no such container is"

exists() { docker inspect "$1" >/dev/null 2>&1; }
exists {{site}} || docker run -d --name {{site}} -p {{sitePort}}:80 nginx
rule=$(iptables-save -t nat | grep -- '--dport {{shopPort}} ')
echo "answer nat-chain $(echo "$rule" | awk '{ print $2 }')"
echo "answer nat-target ${rule##* }"
echo "answer way-out $(iptables -t nat -S POSTROUTING | grep -- '! -o docker0' | awk '{ print $NF }')"
exists {{direct}} || docker run -d --name {{direct}} --network host nginx
exists {{hermit}} || docker run -d --name {{hermit}} --network none busybox sleep infinity
docker network inspect {{network}} >/dev/null 2>&1 || docker network create --subnet {{ownNetwork}} {{network}}
exists {{store}} || docker run -d --name {{store}} --network {{network}} nginx
exists {{client}} || docker run -d --name {{client}} --network {{network}} busybox sleep infinity
echo "answer dns-server $(docker exec {{client}} awk '/^nameserver/ { print $2; exit }' /etc/resolv.conf)"
docker network inspect -f '{{range .Containers}}{{.Name}} \{{end}}' {{network}} | grep -w {{app}} >/dev/null ||
  docker network connect {{network}} {{app}}
docker ps
