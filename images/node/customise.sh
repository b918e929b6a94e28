#!/bin/sh
# Last step of the base layer, run by mmdebstrap on the host with the new root as its argument.
set -eu
root=$1

# The nft flavour fails inside a user namespace above some 200 rules ("Message too long"); legacy loads thousands.
for name in iptables ip6tables; do
  chroot "$root" update-alternatives --set "$name" "/usr/sbin/$name-legacy"
done

# Kubernetes looks for CNI plugins here: a folder and no link, for pods mount /opt to install theirs.
mkdir -p "$root/opt/cni"
mv "$root/usr/lib/cni" "$root/opt/cni/bin"
ln -s /opt/cni/bin "$root/usr/lib/cni"

# Looks for snapshots of file systems on volumes, of which a node has none.
rm "$root/etc/systemd/system/multi-user.target.wants/e2scrub_reap.service"

# Every node makes its own host keys; a node has no packages to fetch and no host's settings to show.
rm -f "$root"/etc/ssh/ssh_host_*
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/log/* "$root"/usr/share/man/*
rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/apt/sources.list" "$root/etc/hostname"
rm -rf "$root"/etc/apt/sources.list.d/* "$root"/etc/apt/auth.conf.d/*
rm -f "$root/etc/resolv.conf" "$root/etc/machine-id"
: > "$root/etc/resolv.conf"

echo 'LANG=C.UTF-8' > "$root/etc/default/locale"
chroot "$root" usermod --shell /bin/bash --password '*' root
