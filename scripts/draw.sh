#!/usr/bin/env bash
# Draws the pictures with the first Python that can import matplotlib. Without one it says what to
# install and ends well: the figures are in the result file all the same.
#
#   scripts/draw.sh RESULTS FOLDER
set -euo pipefail

for python in python3 /usr/bin/python3; do
  if "$python" -c 'import matplotlib, numpy' 2>/dev/null; then
    exec "$python" "$(dirname "$0")/plot.py" "$@"
  fi
done
echo "no pictures: no python3 here can import matplotlib; install it with" >&2
echo "  apt-get install python3-matplotlib python3-numpy" >&2
