set nocompatible
syntax on
set expandtab tabstop=2 shiftwidth=2
set backspace=indent,eol,start
set ruler
