#!/usr/bin/env bash
# Ends in one line that says what to do if a folder or file cannot be written, or made.
#
#   scripts/writable.sh BUILD FOLDER make
#   scripts/writable.sh RESULT FILE make bench      RESULT: the variable that names another
#
# Exit status: 0, or 73.
set -euo pipefail

variable=$1
path=$2
shift 2
there=$path
while [ ! -e "$there" ]; do there=$(dirname "$there"); done
writable=yes
[ -w "$there" ] || writable=
# What another user built here cannot be built on.
for file in build.ninja .ninja_log; do
  [ ! -e "$path/$file" ] || [ -w "$path/$file" ] || writable=
done
[ -z "$writable" ] || exit 0
case "$variable" in BUILD) other=/tmp/minitalk ;; *) other=/tmp/minitalk/$(basename "$path") ;; esac
echo "you may not write to $path: name another place, with $* $variable=$other" >&2
exit 73
