#!/bin/sh
# nginx with the agent beside it that brings its configuration; the container ends with nginx.
rm -rf /var/run/nginx/*.sock
ln -sf /proc/$$/fd/1 /var/run/nginx/access.log
ln -sf /proc/$$/fd/2 /var/run/nginx/error.log
# What one configuration took is kept for the next: to be given it anew takes nginx longer than to read it.
MALLOC_TRIM_THRESHOLD_=134217728 MALLOC_TOP_PAD_=16777216 nginx -g "daemon off;" &
nginx=$!
trap 'kill -QUIT $nginx' TERM INT
nginx-agent &
wait $nginx
status=$?
# A signal ends the wait before nginx has ended.
while kill -0 $nginx 2>/dev/null; do wait $nginx; done
exit $status
