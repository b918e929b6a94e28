#!/bin/sh
# Puts the plugin on the node: beside and then in place, for one that runs cannot be written over.
set -e
bin=${CNI_DIR:-/host/opt/cni}/bin
mkdir -p "$bin"
echo "Installing cilium-cni to $bin/ ..."
cp -f /opt/cni/bin/cilium-cni "$bin/.cilium-cni.new"
mv -f "$bin/.cilium-cni.new" "$bin/cilium-cni"
echo "wrote $bin/cilium-cni"
