# fails: host-network
docker rm -f {{direct}}
docker run -d --name {{direct}} --network host busybox sleep infinity
