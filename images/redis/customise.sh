#!/bin/sh
set -eu
root=$1
mkdir -p "$root/data"
cat > "$root/usr/local/bin/docker-entrypoint.sh" <<'EOF'
#!/bin/sh
# Options and configuration files alone are redis-server's; it listens for everyone, as in the official image.
set -e
case ${1:-} in -* | *.conf) set -- redis-server "$@" ;; esac
if [ "$1" = redis-server ] && [ "$#" -eq 1 ]; then set -- redis-server --protected-mode no; fi
exec "$@"
EOF
chmod 755 "$root/usr/local/bin/docker-entrypoint.sh"
