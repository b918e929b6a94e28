# fails: no-network
docker rm -f {{hermit}}
docker run -d --name {{hermit}} busybox sleep infinity
