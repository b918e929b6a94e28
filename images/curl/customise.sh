#!/bin/sh
set -eu
root=$1
cat > "$root/entrypoint.sh" <<'EOF'
#!/bin/sh
# Options alone are curl's.
case ${1:-} in -*) set -- curl "$@" ;; esac
exec "$@"
EOF
chmod 755 "$root/entrypoint.sh"
rm -f "$root/etc/passwd.new"
{ cat "$root/etc/passwd"; echo 'curl_user:x:100:101:Linux User,,,:/home/curl_user:/bin/sh'; } > "$root/etc/passwd.new"
mv "$root/etc/passwd.new" "$root/etc/passwd"
mkdir -p "$root/home/curl_user"
chown 100:101 "$root/home/curl_user"
