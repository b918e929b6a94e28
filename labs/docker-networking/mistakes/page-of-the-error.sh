# fails: from-host
curl -s "http://$(docker inspect -f '{{.NetworkSettings.Networks.bridge.IPAddress}}' {{app}})/page" -o /root/{{pageFile}}
