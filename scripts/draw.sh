#!/usr/bin/env bash
# Draws the pictures of a result file, if any Python here can.
#
#   scripts/draw.sh RESULTS FOLDER
set -euo pipefail

here=$(dirname "$0")
exec "$here/with_matplotlib.sh" "$here/lab" plot "$@"
