# fails: publish
docker rm -f {{site}}
docker run -d --name {{site}} -p 1080:{{sitePort}} nginx
