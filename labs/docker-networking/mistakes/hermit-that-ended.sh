# fails: no-network
docker rm -f {{hermit}}
docker run --name {{hermit}} --network none busybox true
