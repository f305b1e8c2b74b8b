#!/usr/bin/env bash
# Configures a build folder where that is needed and builds targets in it; none: everything.
#
#   scripts/build.sh PRESET FOLDER [TARGET ...]       NINJAFLAGS=-j1 is passed on to the build
#   scripts/build.sh --pair PRESET FOLDER             server and client, which need few packages
#
# Exit status: 0; 73 the folder cannot be written; otherwise what CMake or the build ended with.
set -euo pipefail

pair=
if [ "$1" = --pair ]; then
  pair=yes
  shift
fi
preset=$1
folder=$2
shift 2
here=$(dirname "$0")

"$here/writable.sh" BUILD "$folder" make
cache=$folder/CMakeCache.txt
if [ -f "$cache" ]; then
  # One that was copied or moved here: CMake would end with a page of errors.
  source=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$cache")
  if ! [ "$source" -ef . ]; then
    echo "$folder was made for $source: remove it, or name another with make BUILD=FOLDER" >&2
    exit 73
  fi
fi
if [ ! -f "$folder/build.ninja" ]; then
  cmake --preset "$preset" -B "$folder" -D MINITALK_PAIR="${pair:+ON}"
elif [ -z "$pair" ] && grep -q '^MINITALK_PAIR:BOOL=ON' "$cache"; then
  cmake --preset "$preset" -B "$folder" -D MINITALK_PAIR=OFF
fi
[ -z "$pair" ] || set -- server client
read -ra flags <<<"${NINJAFLAGS:-}"
exec cmake --build "$folder" ${1:+--target "$@"} -- "${flags[@]}"
