#!/usr/bin/env -S /bin/sh -c 'exec "${0%/*}/python.sh" "$0" "$@"'
"""Grades a pair of server and client: scripts/lab grade."""
from minitalk.cli import main

if __name__ == "__main__":
    main("grade")
