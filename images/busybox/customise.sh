#!/bin/sh
# Keeps the binary alone, under the name of every tool that it holds. Debian's is built without what people use to try
# connections: wget's timeout (with -T it crashes) and nc's -z and -v; and its shell runs its own tools whatever lies in
# the PATH. These three are built from the same source with upstream's default settings.
set -eu
root=$1 source=$2
mkdir -p "$root/bin" "$root/home" "$root/var/spool/mail"
[ -x "$root/bin/busybox" ] || mv "$root/usr/bin/busybox" "$root/bin/busybox"
rm -rf "$root/usr" "$root/var/log" "$root/var/lib"
mkdir -p "$root/usr/bin" "$root/usr/libexec"
for tool in $("$root/bin/busybox" --list); do
  [ "$tool" = busybox ] || ln -sf busybox "$root/bin/$tool"
done
ln -s ../../bin/env "$root/usr/bin/env"

cd "$source"
make allnoconfig >/dev/null 2>&1
settings="STATIC LFS LONG_OPTS SHOW_USAGE FEATURE_VERBOSE_USAGE FEATURE_IPV6 UNICODE_SUPPORT
  FEATURE_EDITING FEATURE_TAB_COMPLETION FEATURE_EDITING_FANCY_PROMPT FEATURE_EDITING_SAVEHISTORY
  SH_IS_ASH ASH FEATURE_SH_MATH FEATURE_SH_MATH_64 FEATURE_SH_EXTRA_QUIET FEATURE_SH_READ_FRAC FEATURE_SH_HISTFILESIZE
  ASH_OPTIMIZE_FOR_SIZE ASH_INTERNAL_GLOB ASH_BASH_COMPAT ASH_JOB_CONTROL ASH_ALIAS ASH_RANDOM_SUPPORT ASH_EXPAND_PRMT
  ASH_ECHO ASH_PRINTF ASH_TEST ASH_HELP ASH_GETOPTS ASH_CMDCMD
  WGET FEATURE_WGET_LONG_OPTIONS FEATURE_WGET_STATUSBAR FEATURE_WGET_FTP FEATURE_WGET_AUTHENTICATION
  FEATURE_WGET_TIMEOUT FEATURE_WGET_HTTPS
  NC NC_SERVER NC_EXTRA NC_110_COMPAT"
for name in $settings; do
  sed -i "/^# CONFIG_$name is not set/d" .config
  echo "CONFIG_$name=y" >> .config
done
sed -i '/^CONFIG_FEATURE_EDITING_\(MAX_LEN\|HISTORY\)=/d' .config
printf 'CONFIG_FEATURE_EDITING_MAX_LEN=1024\nCONFIG_FEATURE_EDITING_HISTORY=255\n' >> .config
yes "" | make oldconfig >/dev/null 2>&1
make -j"$(nproc)" busybox >build.log 2>&1 || { tail -20 build.log >&2; exit 1; }
cp busybox "$root/usr/libexec/busybox-connect"
for tool in sh ash wget nc; do ln -sf ../usr/libexec/busybox-connect "$root/bin/$tool"; done
