#!/bin/sh
# Keeps the binary alone, under the name of every tool that it holds.
set -eu
root=$1
mkdir -p "$root/bin" "$root/home" "$root/var/spool/mail"
[ -x "$root/bin/busybox" ] || mv "$root/usr/bin/busybox" "$root/bin/busybox"
rm -rf "$root/usr" "$root/var/log" "$root/var/lib"
mkdir -p "$root/usr/bin"
for tool in $("$root/bin/busybox" --list); do
  [ "$tool" = busybox ] || ln -sf busybox "$root/bin/$tool"
done
ln -s ../../bin/env "$root/usr/bin/env"
