# ~/.profile of a node: read by login shells.
if [ -n "$BASH" ] && [ -f ~/.bashrc ]; then
  . ~/.bashrc
fi
mesg n 2>/dev/null || true
