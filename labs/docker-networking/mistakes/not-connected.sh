# fails: connect
docker network disconnect {{network}} {{app}}
