#!/usr/bin/env bash
# Looks for mistakes that tools find without running anything; a line a tool, its findings above.
#
#   scripts/lint.sh                                    everything
#   scripts/lint.sh format|tidy|shell|python|types [FILE ...]   one of them, perhaps of some files
#
# `tidy` reads the compile commands of the build in $BUILD (default: build), to which `make lint`
# sees, and looks again only at what may have changed since it was found clean.
# Exit status: 0 nothing found, 1 findings, 64 usage, 69 a tool is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${BUILD:-build}
# By version: another one formats otherwise and finds other things.
format=clang-format-14
tidy=clang-tidy-14
found=0

cxx_files() { git ls-files '*.cc' '*.h'; }
# What users run or build upon; the macros of GoogleTest are not ours to mend.
tidy_files() { git ls-files {core,protocols,pairs,apps,bench,verify}/'*.cc'; }
python_files() { git ls-files '*.py' scripts/lab; }
# The product; tests are not typed.
typed_files() { git ls-files 'scripts/*.py' scripts/lab; }
shell_files() {
  git ls-files '*.sh' '*.bash'
  git grep -lIE '^#!.*[/ ](ba)?sh$' -- ':!*.sh' ':!*.md'
}

# look TOOL REMEDY COMMAND [WORD ...] <FILES: runs the command over the files, a line each.
look() {
  local tool=$1 remedy=$2
  shift 2
  if ! command -v "$tool" >/dev/null; then
    echo "$tool is missing; install it with: scripts/setup.sh lint" >&2
    exit 69
  fi
  mapfile -t files
  if [ ${#files[@]} = 0 ] || printf '%s\0' "${files[@]}" | xargs -0 -P2 "$@"; then
    printf '%-16s ok, %d files\n' "$tool" ${#files[@]}
  else
    printf '%-16s findings above; %s\n' "$tool" "$remedy"
    found=1
  fi
}

# Sources that have changed since they were found clean, or that may include what has.
unclean() {
  local newest stamp
  # shellcheck disable=SC2012  # names without surprises, and find cannot sort by time
  newest=$(git ls-files '*.h' .clang-tidy | xargs ls -t "$build/compile_commands.json" | sed -n 1p)
  while read -r file; do
    stamp=$build/lint/$file.clean
    [ "$stamp" -nt "$newest" ] && [ "$stamp" -nt "$file" ] || echo "$file"
  done
}

lint_format() { look "$format" "make format" -n16 "$format" --dry-run --Werror; }
lint_shell() { look shellcheck "mend them" -n16 shellcheck; }
lint_tidy() {
  if [ ! -f "$build/compile_commands.json" ]; then
    echo "no $build/compile_commands.json; run make lint, or cmake --preset release" >&2
    exit 69
  fi
  local all
  mapfile -t all
  look "$tidy" "mend them; .clang-tidy says why a check is off" \
    -n1 scripts/tidy.sh "$tidy" "$build" \
    < <(printf '%s\n' "${all[@]}" | grep '\.cc$' | unclean)
}
lint_python() {
  # W503, W504: a line may break on either side of an operator.
  look flake8 "mend them; a noqa needs its reason" -n64 \
    flake8 --max-line-length=100 --extend-ignore=W503,W504
}
lint_types() { look mypy "mend them; pyproject.toml has the settings" -n1000 mypy; }

kind=${1:-all}
[ $# = 0 ] || shift
# files OF_KIND [FILE ...]: those that were asked for, or all of a kind.
files() {
  local of_kind=$1
  shift
  if [ $# -gt 0 ]; then printf '%s\n' "$@"; else "$of_kind"; fi
}
case "$kind" in
  format) lint_format < <(files cxx_files "$@") ;;
  tidy) lint_tidy < <(files tidy_files "$@") ;;
  shell) lint_shell < <(files shell_files "$@") ;;
  python) lint_python < <(files python_files "$@") ;;
  types) lint_types < <(files typed_files "$@") ;;
  all)
    lint_format < <(cxx_files)
    lint_shell < <(shell_files)
    lint_python < <(python_files)
    lint_types < <(typed_files)
    lint_tidy < <(tidy_files)
    ;;
  *) echo "usage: scripts/lint.sh [format|tidy|shell|python|types [FILE ...]]" >&2; exit 64 ;;
esac
exit $found
