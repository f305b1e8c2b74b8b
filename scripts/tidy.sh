#!/usr/bin/env bash
# What clang-tidy says of one file; where that is nothing, a stamp in the build remembers it.
#
#   scripts/tidy.sh CLANG_TIDY BUILD_FOLDER FILE
set -euo pipefail

stamp=$2/lint/$3.clean
mkdir -p "$(dirname "$stamp")"
# The time before it is read: what is edited meanwhile is looked at again.
touch "$stamp.new"
# How much it suppressed goes to standard error.
"$1" -p "$2" --quiet "$3" 2>/dev/null
mv "$stamp.new" "$stamp"
