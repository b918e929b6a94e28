#!/bin/sh
# HTTP on 3000 (h2c with GRPC_ECHO_SERVER), h2c on 3001, HTTPS on 8443 when TLS_SERVER_CERT and TLS_SERVER_PRIVKEY name files.
mkdir -p /tmp/echo
if [ -n "$TLS_SERVER_CERT" ]; then
  printf 'server { listen 8443 ssl; ssl_certificate %s; ssl_certificate_key %s; include /etc/echo/location.conf; }\n' \
    "$TLS_SERVER_CERT" "$TLS_SERVER_PRIVKEY" > /tmp/echo/tls.conf
fi
if [ -n "$GRPC_ECHO_SERVER" ]; then
  printf 'listen 3000 http2;\n' > /tmp/echo/listen
else
  printf 'listen 3000;\n' > /tmp/echo/listen
fi
exec nginx -c /etc/echo/nginx.conf
