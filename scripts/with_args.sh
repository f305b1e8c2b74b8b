#!/usr/bin/env bash
# Runs a command with the words of $ARGS behind it: quotes are honoured and nothing else is
# interpreted, so that a regular expression needs no escaping. For make: a script is told that
# make called it.
#
#   ARGS="--benchmark_filter=^(ack|rle)/" scripts/with_args.sh COMMAND [WORD ...]
set -euo pipefail

mapfile -d '' -t words < <(printf '%s' "${ARGS:-}" | xargs -r printf '%s\0')
wait $! || { echo "with_args.sh: quotes do not match in ARGS=$ARGS" >&2; exit 64; }
case $1 in scripts/lab | scripts/*.py) export MINITALK_BELOW_MAKE=1 ;; esac
exec "$@" "${words[@]}"
