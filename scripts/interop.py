#!/usr/bin/env -S /bin/sh -c 'exec "${0%/*}/python.sh" "$0" "$@"'
"""Who understands whom: every implementation's client talks to every implementation's server, ours
included. The work is done in scripts/interop; --help tells what it takes."""
import os
import sys

import interpreter
import places
from ending import status_of
from grade import children
from interop import display, matrix, options, report, sides
from perf.processes import Failed
from terminal import wants_colour

EXIT_FAILED = 1


def run(chosen, progress):
    """The document of a whole matrix."""
    parties = sides.read(chosen.manifests, chosen.bin if chosen.ours else None)
    progress.begin(len(parties) ** 2)
    pairs = matrix.run(parties, chosen.pin, chosen.timeout, progress.pair)
    progress.clear()
    return report.make_document(parties, pairs, chosen.pin, progress.seconds())


def main(words):
    chosen = options.parse(words)
    interpreter.prefer("matplotlib", "numpy")
    progress = display.Progress()

    def work():
        document = run(chosen, progress)
        print(display.table(document, wants_colour(sys.stdout, os.environ)))
        for path in report.publish(document, chosen.out):
            print(os.path.relpath(path))
        return 0
    children.adopt_orphans()
    try:
        return status_of(work, places.called("interop"), progress.clear, (Failed, OSError),
                         EXIT_FAILED)
    finally:
        children.end_orphans()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
