#!/usr/bin/env -S /bin/sh -c 'exec "${0%/*}/python.sh" "$0" "$@"'
"""Compares two versions: scripts/lab perf-check."""
from minitalk.cli import main

if __name__ == "__main__":
    main("perf-check")
