#!/usr/bin/env bash
# Prints where something that is made of a result file goes: beside it and named after it, so that
# runs that are kept do not overwrite one another's. That of the last run has fixed names.
#
#   scripts/beside.sh results/latest.json plots        results/plots
#   scripts/beside.sh runs/mine.json plots             runs/mine-plots
#   scripts/beside.sh runs/mine.json report.html       runs/mine-report.html
set -euo pipefail

if [ "$1" = results/latest.json ]; then
  echo "results/$2"
else
  echo "${1%.json}-$2"
fi
