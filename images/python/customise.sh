#!/bin/sh
set -eu
ln -sf python3 "$1/usr/bin/python"
