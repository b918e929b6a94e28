# fails: own-network, connect
docker rm -f {{client}}
docker run -d --name {{client}} busybox sleep infinity
