# fails: host-network
docker rm -f {{direct}}
docker run -d --name {{direct}} -p 80:80 nginx
