#!/usr/bin/env bash
# Runs a Python script with the first Python that can import matplotlib and what goes with it.
# Without one it says what to install and ends well: the figures are in their file all the same.
#
#   scripts/with_matplotlib.sh SCRIPT [WORD ...]
set -euo pipefail

for python in python3 /usr/bin/python3; do
  if "$python" -c 'import jsonschema, matplotlib, numpy' 2>/dev/null; then
    exec "$python" "$@"
  fi
done
echo "no pictures: no python3 here can import matplotlib and jsonschema; install them with" >&2
echo "  apt-get install python3-jsonschema python3-matplotlib python3-numpy" >&2
