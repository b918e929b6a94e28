#!/bin/sh
# Debian's packages, unpacked and not configured: what their scripts would have made, and the official image's layout.
set -eu
root=$1
ln -sf bash "$root/bin/sh" 2>/dev/null || ln -sf bash "$root/usr/bin/sh"
cat > "$root/etc/passwd" <<'EOF'
root:x:0:0:root:/root:/bin/bash
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nginx:x:101:101:nginx user:/nonexistent:/bin/false
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
EOF
printf 'root:x:0:\nwww-data:x:33:\nnginx:x:101:\nnogroup:x:65534:\n' > "$root/etc/group"
mkdir -p "$root/usr/share/nginx/html" "$root/etc/nginx/conf.d" "$root/var/log/nginx" "$root/var/cache/nginx" \
  "$root/var/lib/nginx" "$root/run"
ln -sf /dev/stdout "$root/var/log/nginx/access.log"
ln -sf /dev/stderr "$root/var/log/nginx/error.log"
rm -rf "$root/etc/nginx/sites-enabled" "$root/etc/nginx/sites-available" "$root/etc/nginx/modules-enabled"
cat > "$root/etc/nginx/nginx.conf" <<'EOF'
user  nginx;
worker_processes  1;
error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;
    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';
    access_log  /var/log/nginx/access.log  main;
    sendfile        on;
    keepalive_timeout  65;
    include /etc/nginx/conf.d/*.conf;
}
EOF
cat > "$root/etc/nginx/conf.d/default.conf" <<'EOF'
server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
EOF
cat > "$root/usr/share/nginx/html/index.html" <<'EOF'
<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body>
<h1>Welcome to nginx!</h1>
<p>The web server works; what it serves is in /usr/share/nginx/html.</p>
</body>
</html>
EOF
echo '<!DOCTYPE html><title>Error</title><h1>An error occurred.</h1>' > "$root/usr/share/nginx/html/50x.html"
cat > "$root/docker-entrypoint.sh" <<'EOF'
#!/bin/sh
# Runs what is in /docker-entrypoint.d, as the official image does, then the command.
if [ "$1" = nginx ] && [ -d /docker-entrypoint.d ]; then
  for file in /docker-entrypoint.d/*.sh; do
    [ -x "$file" ] && "$file"
  done
fi
exec "$@"
EOF
chmod 0755 "$root/docker-entrypoint.sh"
mkdir -p "$root/docker-entrypoint.d"
