#!/usr/bin/env -S /bin/sh -c 'exec "${0%/*}/python.sh" "$0" "$@"'
"""Who understands whom: scripts/lab interop."""
from minitalk.cli import main

if __name__ == "__main__":
    main("interop")
