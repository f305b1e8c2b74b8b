#!/usr/bin/env bash
# The fault laboratory at full length; puts its table into docs/reliability.md.
#
#   scripts/faults.sh BUILD_FOLDER [CASE ...]
set -euo pipefail

build=$1
shift
table=$(mktemp)
trap 'rm -f "$table"' EXIT
python3 tests/faults/run.py --bin "$build/bin" --tools "$build/tests" --json results/faults.json \
  "$@" | tee "$table"
# Only a run of everything replaces the table.
[ $# -eq 0 ] || exit 0
python3 - "$table" docs/reliability.md <<'PYTHON'
import pathlib
import sys

table, document = (pathlib.Path(name) for name in sys.argv[1:])
begin, end = "<!-- table: make faults -->\n", "<!-- end -->"
text = document.read_text()
head, tail = text[:text.index(begin) + len(begin)], text[text.index(end):]
document.write_text(head + table.read_text() + tail)
PYTHON
