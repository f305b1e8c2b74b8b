"""The command perf-check: compares two versions of minitalk. Builds, measures in pairs, judges,
reports."""
import argparse
import os
import pathlib
import time

from minitalk import places
from minitalk.arguments import between, json_file, make_parser, Parser, pattern
from minitalk.perf import bench, comparison_report, intervals, result_files
from minitalk.perf.bench import Bench
from minitalk.perf.builds import Builder
from minitalk.perf.comparison_report import Compared
from minitalk.perf.procedure import Comparison
from minitalk.plots import pictures
from minitalk.terminal import Progress

DESCRIPTION = """examples:
  scripts/perf_check.py --base origin/main
  scripts/perf_check.py --base v1 --head v2 --cases '^ack/'
  scripts/perf_check.py --base-bin old/minitalk-bench --head-bin build/bin/minitalk-bench
  scripts/perf_check.py before.json after.json
  make perf-check BASE=origin/main

Compares two versions of minitalk with few false alarms: pairs of base and head,
interleaved, judged by intervals, with base against base as a control beside them."""
EPILOG = """
exit status:
  0    pass, improved or inconclusive
  1    this tool failed (no such commit, a build error, files of different machines)
  2    regressed, and a second run with another seed says so too
  3    inconclusive, with --strict
  64   usage
  130  interrupted

How it decides: docs/methodology.md, section perf-check."""


def add_measuring_options(how: argparse._ActionsContainer) -> None:
    """Those that perf-trial has, too."""
    how.add_argument("--suite", choices=sorted(bench.SUITES), default="ci",
                     help="which cases (default: ci)")
    how.add_argument("--cases", type=pattern, metavar="REGEX", help="only those of them that match")
    how.add_argument("--delta", type=between(float, 0.001, 10), default=0.10, metavar="SHARE",
                     help="how much slower is a regression (default: 0.10)")
    how.add_argument("--max-pairs", type=between(int, intervals.FEWEST, 1000), default=64,
                     metavar="N", help="give up on a case after so many pairs (default: 64)")
    how.add_argument("--budget", type=between(float, 0, 1e6), default=180,
                     metavar="SECONDS", help="begin no look that would end later; what regressed "
                     "has as long once more (default: %(default)s)")
    how.add_argument("--seconds", type=between(float, 0.001, 10), default=bench.SAMPLE_SECONDS,
                     help="of messages in a sample (default: %(default)s)")


def command_line() -> Parser:
    parser = make_parser("perf-check", DESCRIPTION, EPILOG)
    what = parser.add_argument_group("what to compare (one of the three)")
    what.add_argument("--base", metavar="REF", help="a commit, built in a worktree of its own")
    what.add_argument("--head", metavar="REF", help="another, or `worktree`, the default: the "
                      "files as they are")
    what.add_argument("--base-bin", type=pathlib.Path, metavar="PATH", help="a minitalk-bench")
    what.add_argument("--head-bin", type=pathlib.Path, metavar="PATH", help="another")
    what.add_argument("files", nargs="*", type=pathlib.Path, metavar="RESULT",
                      help="two result files, base first: damage and signals are gated, times are "
                      "only reported")
    how = parser.add_argument_group("how")
    add_measuring_options(how)
    how.add_argument("--seed", type=between(int, 0, 2**31), default=1, metavar="N",
                     help="of payloads and of the order (default: 1)")
    how.add_argument("--no-calls", dest="calls", action="store_false",
                     help="do not count system calls (saves strace's time)")
    how.add_argument("--strict", action="store_true", help="inconclusive is exit status 3")
    how.add_argument("--force", action="store_true",
                     help="compare files of different CPU, kernel or placement all the same")
    how.add_argument("--preset", default="release", help="of CMakePresets.json (default: release)")
    how.add_argument("--out", type=json_file, metavar="FILE",
                     default=places.ROOT / "results" / "perf-check.json",
                     help="where the result goes (default: results/perf-check.json, with .md "
                     "beside it, plots/perf_check.png and .svg below)")
    return parser


def parse(words: list[str]) -> argparse.Namespace:
    """The options, with `mode`: refs, binaries or files."""
    parser = command_line()
    options = parser.parse_args(words)
    modes = {"refs": options.base is not None or options.head is not None,
             "binaries": bool(options.base_bin or options.head_bin),
             "files": bool(options.files)}
    chosen = [mode for mode, given in modes.items() if given]
    if len(chosen) != 1:
        parser.error("give --base REF, or --base-bin and --head-bin, or two result files" +
                     (f", not {' and '.join(chosen)} at once" if chosen else ""))
    options.mode = chosen[0]
    if options.mode == "refs" and not options.base:
        parser.error("--head wants --base REF to compare with")
    if options.mode == "binaries" and not (options.base_bin and options.head_bin):
        parser.error("--base-bin and --head-bin come together")
    if options.mode == "files" and len(options.files) != 2:
        parser.error(f"two result files, not {len(options.files)}")
    options.head = options.head or "worktree"
    if not bench.select(options.suite, options.cases):
        parser.error(f"no case of {options.suite} matches {options.cases!r}")
    return options


def measure(chosen: argparse.Namespace, progress: Progress) -> Compared:
    """Of two binaries, which are built first where they are commits."""
    start = time.monotonic()
    if chosen.mode == "binaries":
        labels = paths = (chosen.base_bin, chosen.head_bin)
    else:
        labels = (chosen.base, chosen.head)
        builder = Builder(places.ROOT, chosen.preset, progress.begin)
        paths = builder.bench_of(chosen.base), builder.bench_of(chosen.head)
    base, head = map(Bench, paths)
    comparison = Comparison(base, head, chosen, progress)
    cases, skipped = comparison.select(bench.select(chosen.suite, chosen.cases),
                                       len(os.sched_getaffinity(0)))
    judged = comparison.run(cases)
    return Compared(chosen.mode, labels, (base.context, head.context), judged, skipped,
                    comparison.warnings, time.monotonic() - start)


def run(words: list[str]) -> int:
    chosen = parse(words)
    with Progress() as progress:
        compared = result_files.compare(chosen.files, chosen.delta, chosen.force) \
            if chosen.mode == "files" else measure(chosen, progress)
    document = comparison_report.make_document(compared, chosen)
    comparison_report.publish(document, chosen.out, os.environ)
    pictures.save("perf_check", document, chosen.out.parent / "plots" / "perf_check")
    status: int = document["exit_status"]
    return status
