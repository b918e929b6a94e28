# fails: from-host
curl -s http://127.0.0.1:80/nothing -o /dev/null || true
: > /root/{{pageFile}}
