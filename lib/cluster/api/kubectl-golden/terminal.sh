#!/bin/sh
# terminal COMMAND LINE: runs a command on a terminal, types a line at its prompt, then Ctrl-D when the line is answered.
set -eu
files=$(mktemp -d "$PWD/terminal.XXXXXX")
mkfifo "$files/keys"
script -qefc "$1" /dev/null <"$files/keys" >"$files/screen" &
shown=$!
exec 3>"$files/keys"

# until_shown TEXT TIMES: waits for lines with the text, as long as the command lives and for a minute at most.
until_shown() {
  for _ in $(seq 600); do
    [ "$(grep -c -- "$1" "$files/screen")" -lt "$2" ] || return 0
    kill -0 "$shown" 2>/dev/null || return 0
    sleep 0.1
  done
  cat "$files/screen"
  kill "$shown"
  exit 124
}
until_shown '# $' 1
printf '%s\r' "$2" >&3
until_shown "$2" 2
printf '\004' >&3
wait "$shown" && status=0 || status=$?
tr -d '\r' <"$files/screen"
rm -r "$files"
exit "$status"
