"""Who understands whom: every implementation's client talks to every implementation's server, ours
included. The work is done in scripts/minitalk/interop; --help tells what it takes."""
import argparse
import os
import sys
from typing import Any

from minitalk.grade.engine import Engine
from minitalk.interop import display, matrix, matrix_report, options, sides
from minitalk.terminal import Progress, console


def make_matrix(chosen: argparse.Namespace) -> dict[str, Any]:
    """The document of a whole matrix."""
    parties = sides.read(chosen.manifests, chosen.bin if chosen.ours else None)
    done, count = 0, len(parties) ** 2
    with Progress() as progress:
        def tell(client: str, server: str) -> None:
            nonlocal done
            done += 1
            progress.show(f"{done}/{count}  {client} calls {server}")
        pairs = matrix.run(parties, chosen.pin, chosen.timeout, tell)
        return matrix_report.make_document(parties, pairs, chosen.pin, progress.seconds())


def run(words: list[str]) -> int:
    chosen = options.parse(words)
    Engine.folder = chosen.bin
    document = make_matrix(chosen)
    console(sys.stdout).print(display.table(document))
    for path in matrix_report.publish(document, chosen.out):
        print(os.path.relpath(path))
    return 0
