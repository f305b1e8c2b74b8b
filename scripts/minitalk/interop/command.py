"""Who understands whom: every implementation's client talks to every implementation's server, ours
included. The work is done in scripts/minitalk/interop; --help tells what it takes."""
import os
import sys

from minitalk.grade import children
from minitalk.interop import display, matrix, matrix_report, options, sides
from minitalk.terminal import wants_colour


def make_matrix(chosen, progress):
    """The document of a whole matrix."""
    parties = sides.read(chosen.manifests, chosen.bin if chosen.ours else None)
    progress.begin(len(parties) ** 2)
    pairs = matrix.run(parties, chosen.pin, chosen.timeout, progress.pair)
    progress.clear()
    return matrix_report.make_document(parties, pairs, chosen.pin, progress.seconds())


def run(words: list[str]) -> int:
    chosen = options.parse(words)
    progress = display.Progress()
    children.adopt_orphans()
    try:
        document = make_matrix(chosen, progress)
        print(display.table(document, wants_colour(sys.stdout, os.environ)))
        for path in matrix_report.publish(document, chosen.out):
            print(os.path.relpath(path))
    finally:
        progress.clear()
        children.end_orphans()
    return 0
