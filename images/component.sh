#!/bin/sh
# The tools of busybox, and iptables' legacy flavour, which nodes use.
set -eu
root=$1
for folder in bin usr/bin usr/sbin; do mkdir -p "$root/$folder"; done
busybox=$root/bin/busybox
[ -x "$busybox" ] || busybox=$root/usr/bin/busybox
for tool in $("$busybox" --list); do
  case $tool in busybox | ip | init) continue ;; esac
  [ -e "$root/bin/$tool" ] || [ -e "$root/usr/bin/$tool" ] || [ -e "$root/sbin/$tool" ] || [ -e "$root/usr/sbin/$tool" ] ||
    ln -s "${busybox#"$root"}" "$root/usr/bin/$tool"
done
# Scripts and people name it by this path.
[ -e "$root/bin/sh" ] || ln -s "${busybox#"$root"}" "$root/bin/sh"
for tool in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  [ ! -e "$root/usr/sbin/xtables-legacy-multi" ] || ln -sf xtables-legacy-multi "$root/usr/sbin/$tool"
done
# Documentation and translations of the packages.
rm -rf "$root/usr/share/doc" "$root/usr/share/man" "$root/usr/share/locale"
