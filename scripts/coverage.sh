#!/usr/bin/env bash
# Which lines and branches of the C++ the tests reach: builds for that, runs the tests, writes
# results/coverage (index.html, summary.json) and prints a table by folder. Branches that only an
# exception takes, which the compiler adds to nearly every call, are left out.
#
#   scripts/coverage.sh [NINJA_FLAG ...]
set -euo pipefail
cd "$(dirname "$0")/.."

build=build/coverage
out=results/coverage
forget() { find $build -name '*.gcda' -delete; }

[ -f $build/build.ninja ] || cmake --preset coverage
forget  # what other sources counted
cmake --build $build -- "$@"
forget  # the build asks each test for its names
status=0
ctest --test-dir $build --output-on-failure --no-tests=error -j2 || status=$?
mkdir -p $out
# A corrupt counter, which two processes wrote at the same moment, is left out with a warning.
/usr/bin/gcovr --root . --object-directory $build --exclude-throw-branches \
  --gcov-ignore-parse-errors \
  --filter '(core|protocols|apps|bench|verify)/' \
  --html-details $out/index.html --json-summary $out/summary.json --json-summary-pretty
scripts/lab coverage-table $out/summary.json
[ $status = 0 ] || echo "some tests failed: the figures are those of the rest" >&2
exit $status
