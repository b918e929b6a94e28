# fails: publish
docker rm -f {{site}}
docker run -d --name {{site}} --expose {{sitePort}} nginx
