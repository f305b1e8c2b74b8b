# Bash completion for minitalk's programs, installed or as ./server and ./client of the build:
#
#   source packaging/completions/minitalk.bash
#
# Options, their values and all names are asked of the program itself, so that there is no second
# list of them to keep.

# The help of a program; nothing if it is somebody else's `client`, which is not started.
_minitalk_help() {
  case ${1##*/} in
    minitalk-*) ;;
    *) grep -qs 'SIGUSR1 and SIGUSR2 alone' "$(type -P -- "$1")" || return ;;
  esac
  "$1" --help </dev/null 2>/dev/null
}

# What the help says about the value of an option; nothing: it takes none.
_minitalk_value_of() {
  sed -nE "s/^  (-h, ?)?$2 ([^ ]+).*/\\2/p" <<<"$1" | grep -v '^Excludes:'
}

# The words of --classic, of each of which one may be given.
_minitalk_classic_words() {
  echo detect
  sed -nE '/^FORMAT/,/^For example/s,^  ([a-z][^ ]*( \| [a-z][^ ]*)*)( .*)?$,\1,p' <<<"$1" |
    sed -E 's/ \| /\n/g; s/=[A-Z]+$/=/'
}

# What may stand for a value of a kind, $2, of the program $1.
_minitalk_values() {
  case $2 in
    *'{'*) sed -E 's/.*\{(.*)\}.*/\1/; s/,/\n/g' <<<"$2" ;;
    NAME\[*) echo auto; "$1" --list-protocols </dev/null 2>/dev/null | sed -E 's/[[ ].*//' ;;
    FACT) "$1" --list </dev/null 2>/dev/null | sed 's/ .*//' ;;
    NAME) "$1" --list </dev/null 2>/dev/null | sed -nE 's|^([^ /]+)/.*|\1|p' | uniq ;;
    REGEX) { "$1" --benchmark_list_tests || "$1" --list; } </dev/null 2>/dev/null |
             sed -nE 's|^([^ /]+)/.*|^\1/|p' | uniq ;;
  esac
}

# What may stand in place of the first word that is no option.
_minitalk_first_word() {
  case ${1##*/} in
    *client) pgrep -u "$EUID" -x 'minitalk-server|classic-server' ;;
    minitalk-carrier) "$1" --list </dev/null 2>/dev/null | sed 's/ .*//' ;;
  esac
}

# How many words before the cursor are neither options nor values of them. $1: the help.
_minitalk_words_before() {
  local at count=0
  for ((at = 1; at < COMP_CWORD; ++at)); do
    case ${COMP_WORDS[at]} in
      = | :) ((++at)) ;;  # readline cuts there
      -?*) [[ ${COMP_WORDS[at + 1]} == = || -z $(_minitalk_value_of "$1" "${COMP_WORDS[at]}") ]] ||
             ((++at)) ;;
      *) ((++count)) ;;
    esac
  done
  echo "$count"
}

_minitalk() {
  local program=${COMP_WORDS[0]/#\~\//$HOME/} current=${COMP_WORDS[COMP_CWORD]}
  local begin=$COMP_CWORD option='' help kind
  COMPREPLY=()
  help=$(_minitalk_help "$program")
  [[ $help ]] || return
  # `--wait=spin` and `usleep:20` come in pieces.
  while ((begin > 1)) && [[ ${COMP_WORDS[begin]} == [=:] || ${COMP_WORDS[begin - 1]} == [=:] ]]; do
    ((--begin))
  done
  [[ $current == [=:] ]] && current=''
  option=${COMP_WORDS[begin]}
  [[ $begin -lt $COMP_CWORD && $option == --* ]] || option=${COMP_WORDS[begin - 1]}
  [[ $option == --* ]] && kind=$(_minitalk_value_of "$help" "$option")

  if [[ $kind == @(PATH*|FILE|COMMAND) ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  elif [[ $kind == FORMAT* ]]; then
    compopt -o nospace 2>/dev/null
    local before=''
    [[ $current == *,* ]] && before=${current%,*},
    mapfile -t COMPREPLY < <(compgen -P "$before" -W "$(_minitalk_classic_words "$help")" \
                             -- "${current##*,}")
  elif [[ $kind ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_minitalk_values "$program" "$kind")" -- "$current")
  elif [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(sed -nE 's/^  (-h, ?)?(--[a-z_-]+).*/\2/p' <<<"$help")" \
                             -- "$current")
  elif [[ $(_minitalk_words_before "$help") == 0 ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_minitalk_first_word "$program")" -- "$current")
  fi
}

complete -F _minitalk minitalk-{server,client,bench,verify,carrier,pair,explore,kernel-check}
# What they take besides options are files.
complete -o default -F _minitalk minitalk-{grade,interop,report}
# Others have programs of these names as well.
complete -p client &>/dev/null || complete -o default -F _minitalk client
complete -p server &>/dev/null || complete -o default -F _minitalk server
