#!/bin/sh
# Takes away what is a node's own. Files are shared with the node's base: remove and write anew, never change one in place.
set -eu
root=$1
rm -rf "$root/opt/cni" "$root/usr/lib/cni" "$root/etc/cni" "$root/etc/ssh" "$root/usr/sbin/sshd" "$root/etc/resolv.conf"
rm -f "$root/usr/bin/crun"
mkdir -p "$root/run/examctl"
: > "$root/etc/resolv.conf"
