#!/usr/bin/env bash
# The fault laboratory at full length; writes results/faults.json and its table, results/faults.md.
#
#   scripts/faults.sh [--keep] BUILD_FOLDER [CASE ...]
#
# --keep puts them where git has them: results/reference-faults.json and docs/reliability.md.
set -euo pipefail

results=results/faults.json
table=results/faults.md
keep=
if [ "$1" = --keep ]; then
  keep=yes
  results=results/reference-faults.json
  shift
fi
build=$1
shift
scripts/python.sh tests/faults/run.py --bin "$build/tests/dynamic" --tools "$build/tests" \
  --json "$results" "$@" | tee "$table"
# Only a run of everything replaces the table.
[ -n "$keep" ] && [ $# -eq 0 ] || exit 0
scripts/python.sh - "$table" docs/reliability.md <<'PYTHON'
import pathlib
import sys

table, document = (pathlib.Path(name) for name in sys.argv[1:])
begin, end = "<!-- table: make faults KEEP=1 -->\n", "<!-- end -->"
text = document.read_text()
head, tail = text[:text.index(begin) + len(begin)], text[text.index(end):]
document.write_text(head + table.read_text() + tail)
PYTHON
