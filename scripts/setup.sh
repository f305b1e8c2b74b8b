#!/usr/bin/env bash
# Installs the Debian packages that a goal needs and that are missing. Prints what it is about to
# install. MINITALK_NO_INSTALL=1 forbids installing: then it ends with the command to run.
#
#   scripts/setup.sh pair|build|test|plots|report|perf|grade|deb|lint|coverage
set -euo pipefail

pair=(cmake g++ ninja-build libboost-dev libcli11-dev libfmt-dev libutfcpp-dev nlohmann-json3-dev)
build=("${pair[@]}" libbenchmark-dev libboost-context-dev libdw-dev libgtest-dev)
# libFuzzer comes with clang's runtime.
fuzz=(clang libclang-rt-dev)
python=(python3 python3-matplotlib python3-numpy python3-jsonschema)
terminal=(python3-rich)
report=(python3-jinja2)
deb=(dpkg-dev gzip)
tools=(groff-base libbenchmark-tools make mandoc procps python3-pytest python3-scipy python3-yaml
       spin strace util-linux valgrind zsh)
# By version: another one formats otherwise and finds other things.
lint=(clang-format-14 clang-tidy-14 flake8 git mypy shellcheck)

case "${1:-}" in
  pair) wanted=("${pair[@]}") ;;
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${fuzz[@]}" "${python[@]}" "${report[@]}" "${terminal[@]}"
               "${deb[@]}" "${tools[@]}") ;;
  plots) wanted=("${python[@]}") ;;
  report) wanted=("${python[@]}" "${report[@]}") ;;
  perf) wanted=("${build[@]}" "${python[@]}" "${terminal[@]}" git python3-scipy strace
               valgrind) ;;
  deb) wanted=("${build[@]}" "${deb[@]}") ;;
  # mypy reads the types of the packages that there are.
  lint) wanted=("${build[@]}" "${lint[@]}" "${python[@]}" "${report[@]}" "${terminal[@]}") ;;
  coverage) wanted=("${build[@]}" "${python[@]}" "${report[@]}" "${terminal[@]}" "${tools[@]}"
                   gcovr) ;;
  grade) wanted=(make python3 "${terminal[@]}" strace util-linux valgrind) ;;
  *) echo "usage: scripts/setup.sh pair|build|test|plots|report|perf|grade|deb|lint|coverage" >&2
     exit 64 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
[ "$(id -u)" = 0 ] || root=(sudo)
# Somebody else may be installing: waits for them, but not for ever.
wait_for_lock=(-o DPkg::Lock::Timeout=120)
install=("${root[@]}" apt-get "${wait_for_lock[@]}" install -y --no-install-recommends
         "${missing[@]}")
if [ -n "${MINITALK_NO_INSTALL:-}" ]; then
  echo "missing: ${missing[*]}; install them with" >&2
  echo "  ${install[*]}" >&2
  exit 1
fi
if ! command -v apt-get >/dev/null || { [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; }; then
  echo "missing: ${missing[*]}; cannot install them here (no apt-get, or neither root nor sudo)" >&2
  exit 1
fi
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${root[@]}" apt-get "${wait_for_lock[@]}" update -q
"${install[@]}"
