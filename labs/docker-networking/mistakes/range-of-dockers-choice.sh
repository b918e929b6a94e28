# fails: own-network, connect
docker rm -f {{store}} {{client}}
docker network disconnect {{network}} {{app}}
docker network rm {{network}}
docker network create {{network}}
docker run -d --name {{store}} --network {{network}} nginx
docker run -d --name {{client}} --network {{network}} busybox sleep infinity
