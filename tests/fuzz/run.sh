#!/usr/bin/env bash
# Fuzzes each decoder for some seconds, beginning with the seeds that are kept here. New inputs go
# to a scratch folder; with `keep` those that reach new code become seeds.
#
#   tests/fuzz/run.sh FOLDER_OF_TARGETS SECONDS [keep]
set -euo pipefail

targets=$1
seconds=$2
here=$(dirname "$0")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for target in frame session siginfo text; do
  program=$targets/${target}_fuzz
  if [ ! -x "$program" ]; then
    echo "no $program: build it with make fuzzers" >&2
    exit 1
  fi
  seeds=$scratch/$target-seeds
  python3 "$here/seeds.py" unpack "$here/seeds/$target.hex" "$seeds"
  mkdir -p "$scratch/$target"
  "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$scratch/$target-found-" "$scratch/$target" "$seeds" \
    >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    cp "$scratch/$target-found-"* . 2>/dev/null || true
    exit 1
  }
  grep -E 'stat::number_of_executed_units|Done' "$scratch/log" | sed "s/^/$target: /"
  if [ "${3:-}" = keep ]; then
    "$program" -merge=1 "$seeds" "$scratch/$target" >/dev/null 2>&1
    python3 "$here/seeds.py" pack "$seeds" "$here/seeds/$target.hex"
  fi
done
