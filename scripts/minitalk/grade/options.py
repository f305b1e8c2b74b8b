"""The command line of grade."""
import argparse
import pathlib
import re

from minitalk import places
from minitalk.arguments import between, make_parser, Parser, pattern
from minitalk.grade import manifest

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


def command_line() -> Parser:
    parser = make_parser("grade", DESCRIPTION, EPILOG)
    what = parser.add_argument_group("what to grade (one of the three; else the current folder)")
    what.add_argument("--server", metavar="COMMAND", help="their server, with --client")
    what.add_argument("--client", metavar="COMMAND", help="their client")
    what.add_argument("--dir", type=pathlib.Path, metavar="PATH", help="a folder with both; its "
                      "make is run first")
    what.add_argument("--manifest", type=pathlib.Path, metavar="FILE",
                      help="how it is built and called, in JSON")
    how = parser.add_argument_group("how")
    how.add_argument("--name", help="of the pair (default: the folder's)")
    how.add_argument("--full", action="store_true", help="every check, however long it takes")
    how.add_argument("--budget", type=between(float, 1, 1e6), default=BUDGET_SECONDS,
                     metavar="SECONDS", help="what does not fit is skipped (default: %(default)s)")
    how.add_argument("--only", type=pattern, metavar="REGEX", help="checks that match, by name")
    how.add_argument("--skip", type=pattern, metavar="REGEX", help="not those that match")
    how.add_argument("--list", action="store_true", help="name the checks and end")
    how.add_argument("--out", type=pathlib.Path, metavar="FILE",
                     help="where the result goes (default: results/grade.json, with .md and the "
                     "badge, .svg, beside it; with --only or --skip results/grade-partial.json, "
                     "with .md and no badge)")
    how.add_argument("--bench", type=pathlib.Path, default=places.programs() / "minitalk-bench",
                     metavar="PATH", help="a minitalk-bench, for the rank (default: ours)")
    return parser


def holds_a_pair(folder: pathlib.Path) -> bool:
    """Whether it looks like somebody's pair, and not like our own checkout."""
    return folder != places.ROOT and (
        any((folder / name).exists() for name in ("manifest.json", *manifest.MAKEFILES)) or
        all((folder / name).exists() for name in manifest.PROGRAMS))


def parse(words: list[str]) -> argparse.Namespace:
    parser = command_line()
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
    if chosen.out is None:
        chosen.out = places.RESULTS / ("grade-partial.json" if chosen.partial else "grade.json")
    if chosen.out.suffix != ".json":
        parser.error(f"--out {chosen.out}: its name has to end with .json")
    if chosen.name is not None and not manifest.NAME.fullmatch(chosen.name):
        parser.error("--name has to be 1 to 40 of A-Z a-z 0-9 _ . -")
    for name in ("only", "skip"):
        value = getattr(chosen, name)
        setattr(chosen, name, re.compile(value) if value is not None else None)
    return chosen
