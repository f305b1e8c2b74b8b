"""Tries perf-check itself, many times: base against base, and against slowdowns that are planted by
tests/slow_shim.cc. Reports false alarms and power with 95 % bounds (Clopper and Pearson).

    scripts/lab perf-trial --bin build/bin/minitalk-bench --shim build/tests/libminitalk_slow.so
    make perf-trial ARGS="--trials 40 --slowdowns 0,30 --load 1"

Every trial is written at once; the same command goes on after an interruption. Exits with 0; 1 it
failed; 64 usage; 130 interrupted."""
import argparse
import pathlib
import sys
import time
from typing import Any

from minitalk import places
from minitalk.arguments import between, make_parser, pattern
from minitalk.exit_status import Interrupted
from minitalk.files import atomic_write_json
from minitalk.perf import bench, options, suite, trials
from minitalk.terminal import Progress


def parse(words: list[str]) -> argparse.Namespace:
    parser = make_parser("perf-trial", __doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, metavar="PATH",
                        help="a minitalk-bench")
    parser.add_argument("--shim", type=pathlib.Path, required=True, metavar="PATH",
                        help="libminitalk_slow.so")
    parser.add_argument("--trials", type=between(int, 1, 10_000), default=50, metavar="N",
                        help="of each slowdown, in all (default: 50)")
    parser.add_argument("--slowdowns", type=slowdowns, default=trials.SLOWDOWNS, metavar="LIST",
                        help="in per cent, of 0,5,10,20,30 (default: all)")
    parser.add_argument("--load", type=between(int, 0, 64), default=0, metavar="N",
                        help="busy processes beside it (default: 0)")
    parser.add_argument("--suite", choices=sorted(suite.SUITES), default="ci",
                        help="which cases (default: ci)")
    parser.add_argument("--cases", type=pattern, metavar="REGEX",
                        help="only the gated cases that match")
    parser.add_argument("--max-pairs", type=between(int, 10, 1000), default=64,
                        metavar="N", help="as perf_check.py has it")
    parser.add_argument("--seconds", type=between(float, 0.001, 10),
                        default=bench.SAMPLE_SECONDS, help="as perf_check.py has it")
    parser.add_argument("--budget", type=between(float, 0, 1e6),
                        default=options.BUDGET_SECONDS, help="as perf_check.py has it")
    parser.add_argument("--delta", type=between(float, 0.001, 10), default=0.10,
                        metavar="SHARE", help="as perf_check.py has it")
    parser.add_argument("--out", type=pathlib.Path,
                        default=places.ROOT / "results" / "perf-trial.json", metavar="FILE",
                        help="where the trials go (default: results/perf-trial.json)")
    chosen = parser.parse_args(words)
    # Counts do not depend on time, so there is nothing to try about them.
    chosen.calls, chosen.seed = False, 1
    chosen.selected = [case for case in suite.select(chosen.suite, chosen.cases) if case.gated]
    if not chosen.selected:
        parser.error(f"no gated case of {chosen.suite} matches {chosen.cases!r}")
    return chosen


def slowdowns(text: str) -> list[float]:
    """Some of the known ones, so that all trials of a file can be told together."""
    chosen = [known for known in trials.SLOWDOWNS if f"{100 * known:.0f}" in text.split(",")]
    if len(chosen) != len(text.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of 0, 5, 10, 20 and 30")
    return chosen


def conditions(chosen: argparse.Namespace) -> dict[str, Any]:
    """What all trials of a file have in common."""
    return {"load": chosen.load, "delta": chosen.delta, "max_pairs": chosen.max_pairs,
            "budget": chosen.budget, "sample_seconds": chosen.seconds,
            "cases": [case.name for case in chosen.selected]}


def run_trials(chosen: argparse.Namespace) -> None:
    journal = trials.Journal(chosen.out, conditions(chosen))
    left = trials.plan(journal, chosen.trials, chosen.slowdowns)
    progress = Progress()
    if left:
        with trials.Load(chosen.load):
            run_all(chosen, journal, left, progress)
    lines = trials.summarize(journal.document["trials"])
    journal.document["summary"] = lines
    atomic_write_json(chosen.out, journal.document)
    print(trials.table(lines))


def run_all(chosen: argparse.Namespace, journal: trials.Journal, left: list[tuple[float, int]],
            progress: Progress) -> None:
    shim = trials.Shim(chosen.bin, chosen.shim, chosen)
    shim.calibrate_all(chosen.selected, progress)
    start = time.monotonic()
    for done, (slowdown, number) in enumerate(left):
        trial = trials.run_trial(shim, chosen.selected, chosen, slowdown, number, progress)
        journal.append(trial)
        progress.clear()
        minutes = (time.monotonic() - start) / (done + 1) * (len(left) - done - 1) / 60
        words = ", ".join(f"{case['name'].partition('/')[0]} {case['verdict']}"
                          for case in trial["cases"])
        print(f"[{done + 1}/{len(left)}] slower by {100 * slowdown:.0f} %: {words}; "
              f"{minutes:.0f} min left", file=sys.stderr, flush=True)


def run(words: list[str]) -> int:
    chosen = parse(words)
    try:
        run_trials(chosen)
    except Interrupted:
        print(f"\n{chosen.out} holds what is done, the same command goes on", file=sys.stderr)
        raise
    return 0
