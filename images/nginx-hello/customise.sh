#!/bin/sh
set -eu
root=$1
mkdir -p "$root/etc/nginx" "$root/var/log/nginx" "$root/var/lib/nginx" "$root/run"
cat > "$root/etc/nginx/nginx.conf" <<'EOF'
user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr notice;
events { worker_connections 256; }
http {
  default_type text/plain;
  access_log /dev/stdout;
  server {
    listen 80;
    location / {
      add_header Cache-Control no-cache;
      return 200 'Server address: $server_addr:$server_port\nServer name: $hostname\nDate: $time_local\nURI: $request_uri\nRequest ID: $request_id\n';
    }
  }
}
EOF
