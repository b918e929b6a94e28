#!/bin/sh
# Debian's nginx with the accounts, folders and helpers that the controller's own image has.
set -eu
root=$1
ln -sf bash "$root/bin/sh" 2>/dev/null || ln -sf bash "$root/usr/bin/sh"
printf 'root:x:0:0:root:/root:/bin/bash\nwww-data:x:101:82:www-data:/var/www:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n' > "$root/etc/passwd"
printf 'root:x:0:\nwww-data:x:82:\nnogroup:x:65534:\n' > "$root/etc/group"
cat > "$root/usr/bin/dumb-init" <<'EOF'
#!/bin/sh
[ "${1:-}" = -- ] && shift
exec "$@"
EOF
printf '#!/bin/sh\nexit 0\n' > "$root/wait-shutdown"
chmod 0755 "$root/usr/bin/dumb-init" "$root/wait-shutdown"
# Manifests preload an allocator that stands in for nothing here.
mkdir -p "$root/usr/local/lib"
libc=$(find "$root/lib" "$root/usr/lib" -name libc.so.6 | head -n 1)
ln -sf "${libc#"$root"}" "$root/usr/local/lib/libmimalloc.so"
rm -rf "$root/etc/nginx/sites-enabled" "$root/etc/nginx/sites-available" "$root/etc/nginx/conf.d" "$root/etc/nginx/modules-enabled"
mkdir -p "$root/etc/ingress-controller/ssl" "$root/etc/ingress-controller/auth" "$root/var/log/nginx" "$root/var/lib/nginx" \
  "$root/tmp/nginx" "$root/run"
# nginx is no child whose output is the container's: its logs go to that of the controller.
ln -sf /proc/1/fd/1 "$root/var/log/nginx/access.log"
ln -sf /proc/1/fd/2 "$root/var/log/nginx/error.log"
printf 'events {}\n' > "$root/etc/nginx/nginx.conf"
chmod 1777 "$root/tmp"
chown -R 101:82 "$root/etc/nginx" "$root/etc/ingress-controller" "$root/var/log/nginx" "$root/var/lib/nginx" "$root/tmp/nginx"
rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale"
