#!/bin/sh
# Cleans what an agent before has left, when the configuration says so.
[ "$CILIUM_ALL_STATE" != true ] || rm -rf /var/run/cilium/state
exit 0
