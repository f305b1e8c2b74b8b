"""The command interop: every implementation's client talks to every implementation's server, ours
included."""
import argparse
import os
import pathlib
import sys

from minitalk import places
from minitalk.arguments import between, json_file, make_parser
from minitalk.interop import matrix, matrix_report
from minitalk.pairs.engine import Engine
from minitalk.terminal import console, Progress

TIMEOUT_SECONDS = 5

DESCRIPTION = """examples:
  scripts/interop.py alice/manifest.json bob/manifest.json
  scripts/interop.py --no-ours --pin cross */manifest.json
  make interop ARGS="alice/manifest.json bob/manifest.json"

Runs the client of each implementation against the server of each, ours (minitalk) included, and
draws who understands whom and how fast. Ours speaks the format that the other's manifest names
under "classic"; without one our server detects it, and our client speaks what was detected, or
tries the formats in turn.
Writes results/interop.json, .md beside it, plots/interop.png and .svg below."""
EPILOG = """exit status:
  0    the matrix is there, whatever it shows
  1    no matrix: a manifest is wrong, a program cannot be built or started
  64   usage
  130  interrupted"""


def parse(words: list[str]) -> argparse.Namespace:
    parser = make_parser("interop", DESCRIPTION, EPILOG)
    parser.add_argument("manifests", nargs="*", type=pathlib.Path, metavar="MANIFEST",
                        help="how a pair is built and called, in JSON")
    parser.add_argument("--no-ours", dest="ours", action="store_false",
                        help="without our own programs")
    parser.add_argument("--bin", type=pathlib.Path, default=places.programs(), metavar="PATH",
                        help="where our server and client are (default: "
                        "of this installation)")
    parser.add_argument("--pin", choices=("same", "cross", "none"), default="same",
                        help="both ends on one CPU, on two, or anywhere (default: %(default)s)")
    parser.add_argument("--timeout", type=between(float, 0.1, 600), default=TIMEOUT_SECONDS,
                        metavar="SECONDS", help="for a message, and 20 ms a byte (default: "
                        "%(default)s); two seconds in which neither end runs are enough too")
    parser.add_argument("--out", type=json_file, default=places.RESULTS / "interop.json",
                        metavar="FILE", help="where the result goes (default: "
                        "results/interop.json)")
    chosen = parser.parse_args(words)
    if not chosen.manifests and not chosen.ours:
        parser.error("nobody to talk with; name a manifest")
    return chosen


def run(words: list[str]) -> int:
    chosen = parse(words)
    Engine.folder = chosen.bin
    participants = matrix.read(chosen.manifests, chosen.bin if chosen.ours else None)
    with Progress() as progress:
        exchanged = matrix.run(participants, chosen.pin, chosen.timeout, progress.show)
        document = matrix_report.make_document(participants, exchanged, chosen.pin,
                                               progress.seconds())
    console(sys.stdout).print(matrix_report.terminal_table(document))
    for path in matrix_report.publish(document, chosen.out):
        print(os.path.relpath(path))
    return 0
