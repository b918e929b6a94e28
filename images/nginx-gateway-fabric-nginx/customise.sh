#!/bin/sh
# Debian's nginx with the layout of NGINX Gateway Fabric's image: everything that changes is a volume.
set -eu
root=$1
ln -sf bash "$root/bin/sh" 2>/dev/null || ln -sf bash "$root/usr/bin/sh"
printf 'root:x:0:0:root:/root:/bin/bash\nnginx:x:101:1001:nginx:/var/cache/nginx:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n' > "$root/etc/passwd"
printf 'root:x:0:\nnginx:x:1001:\nnogroup:x:65534:\n' > "$root/etc/group"
rm -rf "$root/etc/nginx/sites-enabled" "$root/etc/nginx/sites-available" "$root/etc/nginx/modules-enabled"
mkdir -p "$root/etc/nginx/conf.d" "$root/etc/nginx/stream-conf.d" "$root/etc/nginx/main-includes" "$root/etc/nginx/events-includes" \
  "$root/etc/nginx/includes" "$root/etc/nginx/secrets" "$root/var/log/nginx" "$root/var/cache/nginx" "$root/var/lib/nginx" "$root/run/nginx"
# A data plane's token is mounted elsewhere than a controller's.
mkdir -p "$root/run/secrets/kubernetes.io/serviceaccount"
ln -sf /var/run/secrets/ngf/serviceaccount/token "$root/run/secrets/kubernetes.io/serviceaccount/token"
# Whoever opens them, even to check a configuration, means the container's output.
ln -sf /var/run/nginx/access.log "$root/var/log/nginx/access.log"
ln -sf /var/run/nginx/error.log "$root/var/log/nginx/error.log"
cat > "$root/etc/nginx/nginx.conf" <<'EOF'
load_module modules/ngx_http_js_module.so;
load_module modules/ngx_stream_module.so;
load_module modules/ngx_stream_js_module.so;

include /etc/nginx/main-includes/*.conf;

worker_processes 1;
pid /var/run/nginx/nginx.pid;

events {
  worker_connections 1024;
  include /etc/nginx/events-includes/*.conf;
}

http {
  client_body_temp_path /var/cache/nginx/client_temp;
  proxy_temp_path /var/cache/nginx/proxy_temp;
  fastcgi_temp_path /var/cache/nginx/fastcgi_temp;
  uwsgi_temp_path /var/cache/nginx/uwsgi_temp;
  scgi_temp_path /var/cache/nginx/scgi_temp;
  include /etc/nginx/mime.types;
  js_import /usr/lib/nginx/modules/njs/httpmatches.js;
  default_type application/octet-stream;
  log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                  '$status $body_bytes_sent "$http_referer" '
                  '"$http_user_agent" "$http_x_forwarded_for"';
  access_log /var/log/nginx/access.log main;
  sendfile on;
  tcp_nopush on;
  server_tokens off;
  server_names_hash_bucket_size 256;
  server_names_hash_max_size 1024;
  variables_hash_bucket_size 512;
  variables_hash_max_size 1024;
  map_hash_bucket_size 256;
  include /etc/nginx/conf.d/*.conf;
  server {
    listen unix:/var/run/nginx/nginx-status.sock;
    access_log off;
    location = /stub_status { stub_status; }
  }
}

stream {
  variables_hash_bucket_size 512;
  variables_hash_max_size 1024;
  map_hash_bucket_size 256;
  log_format stream-main '$remote_addr [$time_local] $protocol $status $bytes_sent $bytes_received $session_time "$ssl_preread_server_name"';
  access_log /var/log/nginx/access.log stream-main;
  include /etc/nginx/stream-conf.d/*.conf;
}
EOF
chmod 1777 "$root/tmp"
chown -R 101:1001 "$root/etc/nginx" "$root/var/log/nginx" "$root/var/cache/nginx" "$root/var/lib/nginx" "$root/run/nginx"
rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale"
