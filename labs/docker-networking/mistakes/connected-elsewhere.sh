# fails: connect
docker network disconnect {{network}} {{app}}
docker network create other
docker network connect other {{app}}
