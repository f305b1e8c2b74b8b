"""The command grade: is a third-party pair right, how fast, what breaks it."""
import argparse
import dataclasses
import os
import pathlib

from minitalk import places
from minitalk.arguments import between, json_file, make_parser, pattern
from minitalk.exit_status import Failed
from minitalk.grade import checks, grade_report
from minitalk.grade.under_test import Clock, UnderTest
from minitalk.pairs import pair
from minitalk.pairs.engine import Engine
from minitalk.pairs.pair import Implementation
from minitalk.results.reading import Document

BUDGET_SECONDS = 55

DESCRIPTION = """examples:
  scripts/grade.py                                (what the current folder has)
  scripts/grade.py --server ./server --client ./client
  scripts/grade.py --dir ~/minitalk               (runs its make first)
  scripts/grade.py --manifest theirs.json --only 'empty|utf' --full
  make grade DIR=~/minitalk

Grades anybody's pair of a server and a client that talk by SIGUSR1 and SIGUSR2: one line a check,
OK or KO, with what was seen and what that usually comes from. A client is called as `client PID
TEXT`; a manifest says otherwise:
  {"build": ["make"], "server": ["./server"], "client": ["./client", "{pid}", "{text}"]}"""
EPILOG = """exit status:
  0    all OK
  1    something is KO
  2    nothing could be graded: no such program, it cannot be built or started
  64   usage
  130  interrupted"""


def parse(words: list[str]) -> argparse.Namespace:
    parser = make_parser("grade", DESCRIPTION, EPILOG)
    what = parser.add_argument_group("what to grade (one of the three; else the current folder)")
    what.add_argument("--server", metavar="COMMAND", help="their server, with --client")
    what.add_argument("--client", metavar="COMMAND", help="their client")
    what.add_argument("--dir", type=pathlib.Path, metavar="PATH", help="a folder with both; its "
                      "make is run first")
    what.add_argument("--manifest", type=pathlib.Path, metavar="FILE",
                      help="how it is built and called, in JSON")
    how = parser.add_argument_group("how")
    how.add_argument("--lenient", action="store_true", help="if it does not build: without "
                     "-Werror, with -fcommon and -D_GNU_SOURCE, libraries last")
    how.add_argument("--name", type=pair_name, help="of the pair (default: the folder's)")
    how.add_argument("--full", action="store_true", help="every check, however long it takes")
    how.add_argument("--budget", type=between(float, 1, 1e6), default=BUDGET_SECONDS,
                     metavar="SECONDS", help="for speed and endurance; safety and "
                     "correctness always run (default: %(default)s)")
    how.add_argument("--only", type=pattern, metavar="REGEX", help="checks that match, by name")
    how.add_argument("--skip", type=pattern, metavar="REGEX", help="not those that match")
    how.add_argument("--list", action="store_true", help="name the checks and end")
    how.add_argument("--out", type=json_file, metavar="FILE",
                     help="where the result goes (default: results/grade.json, with .md and the "
                     "badge, .svg, beside it; with --only or --skip results/grade-partial.json, "
                     "with .md and no badge)")
    how.add_argument("--bench", type=pathlib.Path, default=places.programs() / "minitalk-bench",
                     metavar="PATH", help="a minitalk-bench, for the rank (default: ours)")
    chosen = parser.parse_args(words)
    given = [name for name, value in (("--server and --client", chosen.server or chosen.client),
                                      ("--dir", chosen.dir), ("--manifest", chosen.manifest))
             if value]
    if not given and holds_a_pair(pathlib.Path.cwd()):
        chosen.dir = pathlib.Path.cwd()
    elif len(given) != 1 and not chosen.list:
        parser.error("give --server and --client, or --dir, or --manifest" +
                     (f", not {' and '.join(given)}" if given else ""))
    if bool(chosen.server) != bool(chosen.client):
        parser.error("--server and --client come together")
    chosen.partial = chosen.only is not None or chosen.skip is not None
    chosen.out = chosen.out or \
        places.RESULTS / ("grade-partial.json" if chosen.partial else "grade.json")
    return chosen


def pair_name(text: str) -> str:
    if not pair.NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("it has to be 1 to 40 of A-Z a-z 0-9 _ . -")
    return text


def holds_a_pair(folder: pathlib.Path) -> bool:
    """Whether it looks like a third-party pair, and not like our own checkout."""
    return folder != places.ROOT and (
        (folder / "manifest.json").exists() or pair.has_makefile(folder) or
        all((folder / name).exists() for name in pair.PROGRAMS))


def implementation_of(chosen: argparse.Namespace) -> Implementation:
    """What to grade, built and ready."""
    if chosen.manifest:
        found = pair.read(chosen.manifest)
    elif chosen.dir:
        found = pair.of_folder(chosen.dir)
    else:
        found = pair.of_programs(chosen.server, chosen.client)
    if chosen.name:
        found = dataclasses.replace(found, name=chosen.name)
    return pair.build(found, chosen.lenient)


def grade(chosen: argparse.Namespace, display: grade_report.Display) -> Document:
    """The document of a whole run."""
    selected = checks.select(chosen.only, chosen.skip)
    if not selected:
        raise Failed("no check matches; --list names them")
    implementation = implementation_of(chosen)
    clock = Clock(None if chosen.full else chosen.budget)
    tested = UnderTest(implementation, clock)
    tested.memory["bench"] = chosen.bench
    display.title(implementation, len(selected))
    try:
        judged = checks.run(tested, selected, display.check, display.begin)
    finally:
        tested.close()
    return grade_report.make_document(implementation, judged, clock.elapsed(), chosen.full,
                                      chosen.partial)


def run(words: list[str]) -> int:
    chosen = parse(words)
    if chosen.list:
        for check in checks.select(chosen.only, chosen.skip):
            print(f"{check.name:<17} {check.asks}")
        return 0
    display = grade_report.Display()
    Engine.folder = chosen.bench.parent
    with display.progress:
        document = grade(chosen, display)
        display.end(document)
        first, *others = grade_report.publish(document, chosen.out)
        display.say(", ".join([os.path.relpath(first), *(path.name for path in others)]) +
                    (" (partial: no badge, and a full run's files stay)" if chosen.partial else ""))
    status: int = document["exit_status"]
    return status
