# ~/.bashrc of a node: read by interactive shells.
[ -z "$PS1" ] && return

HISTCONTROL=ignoredups
HISTSIZE=5000
HISTFILESIZE=10000
shopt -s histappend checkwinsize

PS1='\u@\h:\w\$ '

alias ls='ls --color=auto'
alias ll='ls -alF'
alias la='ls -A'
alias grep='grep --color=auto'
alias k=kubectl

if [ -f /usr/share/bash-completion/bash_completion ]; then
  . /usr/share/bash-completion/bash_completion
  _completion_loader kubectl 2>/dev/null
  complete -o default -F __start_kubectl k
fi
