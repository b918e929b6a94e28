#!/bin/sh
set -eu
root=$1
mkdir -p "$root/etc" "$root/usr/local/bin"
echo 3.22.1 > "$root/etc/alpine-release"
cat > "$root/etc/os-release" <<'EOF'
NAME="Alpine Linux"
ID=alpine
VERSION_ID=3.22.1
PRETTY_NAME="Alpine Linux v3.22"
HOME_URL="https://alpinelinux.org/"
EOF
printf 'Welcome to Alpine!\n' > "$root/etc/motd"
