#!/bin/sh
# nginx with the agent beside it that brings its configuration; the container ends with nginx.
rm -rf /var/run/nginx/*.sock
ln -sf /proc/$$/fd/1 /var/run/nginx/access.log
ln -sf /proc/$$/fd/2 /var/run/nginx/error.log
nginx -g "daemon off;" &
nginx=$!
trap 'kill -QUIT $nginx' TERM INT
nginx-agent &
wait $nginx
status=$?
# A signal ends the wait before nginx has ended.
while kill -0 $nginx 2>/dev/null; do wait $nginx; done
exit $status
