#!/usr/bin/env bash
# Measures, draws the pictures and says where everything is. The last run of the default suite is
# kept where a filtered run does not reach: results/full.json and results/full-plots.
#
#   ARGS="..." RESULT=results/latest.json scripts/bench.sh BENCH
set -euo pipefail

here=$(dirname "$0")
result=${RESULT:-results/latest.json}
begun=$(mktemp)
trap 'rm -f "$begun"' EXIT
mkdir -p "$(dirname "$result")"
"$here/with_args.sh" "$1" --benchmark_out="$result"
# --help and the like measure nothing.
[ "$result" -nt "$begun" ] || exit 0

plots=$("$here/beside.sh" "$result" plots)
"$here/draw.sh" "$result" "$plots"
hint="make report"
[ "$result" = results/latest.json ] || hint+=" RESULT=$(printf %q "$result")"
echo "$result has the run, $plots its pictures; \`$hint\` makes a page of it"
[ "$result" = results/latest.json ] || exit 0
if [ -z "${ARGS:-}" ]; then
  cp "$result" results/full.json
  rm -rf results/full-plots
  [ ! -d "$plots" ] || cp -R "$plots" results/full-plots
elif [ -f results/full.json ]; then
  echo "results/full.json and results/full-plots are of the last run without ARGS"
fi
