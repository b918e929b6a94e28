# fails: publish
docker rm -f {{site}}
docker run -d --name {{site}} -p 127.0.0.1:{{sitePort}}:80 nginx
