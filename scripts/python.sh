#!/bin/sh
# Runs a script with the first Python here that is recent enough: PATH may lack one, or have a shim
# with no version behind it. The first lines of our scripts call it.
#
#   scripts/python.sh SCRIPT [WORD ...]
#
# Exit status: the script's, or 69 without a Python.
set -eu

for python in python3 /usr/bin/python3; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    exec "$python" "$@"
  fi
done
echo "${1##*/}: there is no python3 of 3.10 or later here; install it with:" \
     "apt-get install python3" >&2
exit 69
