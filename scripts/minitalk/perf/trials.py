"""Tries perf-check itself, many times: base against base, and against slowdowns that are planted by
tests/slow_shim.cc. Reports false alarms and power with 95 % bounds (Clopper and Pearson).

    scripts/lab perf-trial --bin build/bin/minitalk-bench --shim build/tests/libminitalk_slow.so
    make perf-trial ARGS="--trials 40 --slowdowns 0,30 --load 1"

Every trial is written at once; the same command goes on after an interruption. Exits with 0; 1 it
failed; 64 usage; 130 interrupted."""
import argparse
import json
import math
import os
import pathlib
import statistics
import sys
import time
from typing import Any, Callable, Sequence

from minitalk import documents, places, processes
from minitalk.arguments import between, make_parser
from minitalk.exit_status import Failed, Interrupted
from minitalk.perf import bench, check, intervals, judgement
from minitalk.perf.bench import Bench, Case
from minitalk.perf.procedure import Comparison
from minitalk.terminal import Progress

Trial = dict[str, Any]

SCHEMA = "minitalk.perf-trial/1"
SLOWDOWNS = (0.0, 0.05, 0.10, 0.20, 0.30)
ALARMING = 0.30  # the slowdown that has to be found nearly always
CALIBRATIONS = 16  # pairs of a case
FIRST_LOOPS = 250
MOST_LOOPS = 10**7
ENOUGH = 1.3  # so much slower makes a slowdown that can be measured


class Shim:
    """The bench with a planted slowdown: work after each signal that it sends. How much work a
    slowdown takes depends on the machine, so it is measured against the rounds that it slows.
    REQUIRES: `options` has a seed and the seconds of a sample."""

    def __init__(self, binary: pathlib.Path, shim: pathlib.Path,
                 options: argparse.Namespace) -> None:
        self.binary = binary
        self.shim = pathlib.Path(shim).resolve()
        if not self.shim.exists():
            raise Failed(f"no {shim}: `make perf-trial` builds it (target minitalk_slow)")
        self.options = options
        # By case name: for a slowdown of 100 %, by its slope at ALARMING.
        self.loops: dict[str, float] = {}

    def loops_for(self, case: Case, factor: float) -> int:
        """Turns of the loop that make a message of this case take at least `factor` times as long
        as without them, by pairs measured next to each other."""
        loops = FIRST_LOOPS
        while self.ratio(case, loops, 3) < factor:
            loops *= 2
            if loops > MOST_LOOPS:
                raise Failed(f"{case.name} does not get slower under {self.shim}: is the bench "
                             "linked statically?")
        return loops

    def calibrate(self, case: Case) -> None:
        """By pairs that ran next to each other. Twice, for the time does not grow in proportion to
        the work: the second time with about as much as ALARMING takes."""
        loops = self.loops_for(case, ENOUGH)
        for _ in range(2):
            excess = max(self.ratio(case, loops, CALIBRATIONS) - 1, ALARMING / 10)
            loops = round(ALARMING * loops / excess)
        self.loops[case.name] = loops / ALARMING

    def ratio(self, case: Case, loops: int, pairs: int) -> float:
        """How many times as long a message takes with that work. The median latency where there is
        one, for no preemption moves it."""
        def message_ns(turns: int) -> float:
            sample = self.loaded(lambda _case: turns).sample(case, self.options.seed,
                                                             self.options.seconds)
            mean_ns = 1e9 * case.size / max(1, sample["bytes_per_second"])
            return float(sample["latency_ns_p50"] or mean_ns)
        return math.exp(intervals.hodges_lehmann(
            [math.log(message_ns(loops) / message_ns(0)) for _ in range(pairs)]))

    def loaded(self, loops_of: Callable[[Case], int]) -> Bench:
        return Bench(self.binary, lambda case: {"LD_PRELOAD": str(self.shim),
                                                "MINITALK_SLOW_LOOPS": str(loops_of(case))})

    def bench(self, slowdown: float) -> Bench:
        """Also the base runs under the shim: its own weight is not part of the slowdown."""
        return self.loaded(lambda case: round(slowdown * self.loops[case.name]))


class Journal:
    """The trials so far, in a file that is complete after each of them."""

    def __init__(self, path: pathlib.Path, conditions: dict[str, Any]) -> None:
        self.path = path
        self.document: dict[str, Any] = {"schema": SCHEMA, **conditions, "trials": []}
        if not path.exists():
            return
        try:
            self.document = json.loads(self.path.read_text())
            same = all(self.document[key] == value for key, value in conditions.items())
            self.document["trials"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise Failed(f"cannot go on with {self.path}: {error!r}; move it away") from error
        if not same:
            raise Failed(f"{self.path} holds trials under other conditions: move it away, or name "
                         "another file with --out")

    def append(self, trial: Trial) -> None:
        self.document["trials"].append(trial)
        self.write()

    def write(self) -> None:
        documents.atomic_write_json(self.path, self.document)

    def left(self, trials: int, slowdowns: Sequence[float]) -> list[tuple[float, int]]:
        """What is to do, one trial of each slowdown in turn: an early end leaves them balanced."""
        done = [trial["slowdown"] for trial in self.document["trials"]]
        return [(slowdown, number) for number in range(trials) for slowdown in slowdowns
                if done.count(slowdown) <= number]


def run_trial(shim: Shim, options: argparse.Namespace, slowdown: float, number: int,
              progress: Progress) -> Trial:
    """One whole comparison, and its verdicts."""
    start = time.monotonic()
    options.seed = 1000 * (number + 1) + 2 * SLOWDOWNS.index(slowdown)  # each also uses seed + 1
    judged = Comparison(shim.bench(0), shim.bench(slowdown), options, progress).run(
        options.selected)
    return {"slowdown": slowdown, "number": number, "seed": options.seed,
            "load_average": os.getloadavg()[0], "seconds": round(time.monotonic() - start, 1),
            "cases": [{"name": case["name"], "verdict": case["verdict"],
                       "first": case["first"]["verdict"], "confirmation": case["confirmation"],
                       "pairs": case["first"]["pairs"],
                       "p50_estimate": case["first"]["metrics"][1]["estimate"],
                       **{key: case["first"]["metrics"][0][key]
                          for key in ("estimate", "low", "high")}} for case in judged]}


def share(struck: int, total: int) -> dict[str, float]:
    low, high = intervals.clopper_pearson(struck, total)
    return {"count": struck, "of": total, "low": low, "high": high}


def summarize(trials: list[Trial]) -> list[dict[str, Any]]:
    """One line a slowdown: whole comparisons that failed, and verdicts of single cases."""
    lines = []
    for slowdown in SLOWDOWNS:
        mine = [trial for trial in trials if trial["slowdown"] == slowdown]
        cases = [case for trial in mine for case in trial["cases"]]
        if not cases:
            continue
        alarms = sum(any(case["verdict"] == judgement.REGRESSED for case in trial["cases"])
                     for trial in mine)
        counts = {word: sum(case["verdict"] == word for case in cases) for word in
                  (judgement.REGRESSED, judgement.INCONCLUSIVE, judgement.PASS, judgement.IMPROVED)}
        # The median latency where there is one: it shows best what was planted in truth.
        estimates = judgement.present(
            case["estimate"] if case["p50_estimate"] is None else case["p50_estimate"]
            for case in cases)
        lines.append({"slowdown": slowdown, "failed": share(alarms, len(mine)),
                      "case_regressed": share(counts[judgement.REGRESSED], len(cases)),
                      "case_verdicts": counts,
                      "first_look_regressed": sum(case["first"] == judgement.REGRESSED
                                                  for case in cases),
                      "median_estimate": statistics.median(estimates) if estimates else None})
    return lines


def table(lines: list[dict[str, Any]]) -> str:
    """Markdown, for the terminal and the docs."""
    def bounds(of: dict[str, Any]) -> str:
        return f"{of['count']} of {of['of']} ({100 * of['low']:.0f} to {100 * of['high']:.0f} %)"
    rows = []
    for line in lines:
        measured, counts = line["median_estimate"], line["case_verdicts"]
        rows.append([f"{100 * line['slowdown']:.0f} %",
                     "-" if measured is None else f"{100 * math.expm1(measured):+.1f} %",
                     bounds(line["failed"]), bounds(line["case_regressed"]),
                     counts[judgement.INCONCLUSIVE],
                     counts[judgement.PASS] + counts[judgement.IMPROVED],
                     line["first_look_regressed"] - counts[judgement.REGRESSED]])
    return "\n".join(documents.table(
        "slower by | measured | comparisons that failed | cases that failed | inconclusive | pass "
        "| unconfirmed", ">><<>>>", rows))


def parse(words: list[str]) -> argparse.Namespace:
    parser = make_parser("perf-trial", __doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, metavar="PATH",
                        help="a minitalk-bench")
    parser.add_argument("--shim", type=pathlib.Path, required=True, metavar="PATH",
                        help="libminitalk_slow.so")
    parser.add_argument("--trials", type=between(int, 1, 10_000), default=50, metavar="N",
                        help="of each slowdown, in all (default: 50)")
    parser.add_argument("--slowdowns", type=slowdowns, default=SLOWDOWNS, metavar="LIST",
                        help="in per cent, of 0,5,10,20,30 (default: all)")
    parser.add_argument("--load", type=between(int, 0, 64), default=0, metavar="N",
                        help="busy processes beside it (default: 0)")
    check.add_measuring_options(parser)
    parser.add_argument("--out", type=pathlib.Path,
                        default=places.ROOT / "results" / "perf-trial.json", metavar="FILE",
                        help="where the trials go (default: results/perf-trial.json)")
    chosen = parser.parse_args(words)
    # Counts do not depend on time, so there is nothing to try about them.
    chosen.calls, chosen.seed = False, 1
    chosen.selected = [case for case in bench.select(chosen.suite, chosen.cases) if case.gated]
    if not chosen.selected:
        parser.error(f"no gated case of {chosen.suite} matches {chosen.cases!r}")
    return chosen


def slowdowns(text: str) -> list[float]:
    """Some of the known ones, so that all trials of a file can be reported together."""
    chosen = [known for known in SLOWDOWNS if f"{100 * known:.0f}" in text.split(",")]
    if len(chosen) != len(text.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of 0, 5, 10, 20 and 30")
    return chosen


def run_all(chosen: argparse.Namespace, journal: Journal, left: list[tuple[float, int]]) -> None:
    progress, shim = Progress(), Shim(chosen.bin, chosen.shim, chosen)
    for case in chosen.selected:
        progress.begin("calibrating the slowdown")
        progress.show(case.name)
        shim.calibrate(case)
    start = time.monotonic()
    for done, (slowdown, number) in enumerate(left, 1):
        trial = run_trial(shim, chosen, slowdown, number, progress)
        journal.append(trial)
        progress.clear()
        minutes = (time.monotonic() - start) / done * (len(left) - done) / 60
        words = ", ".join(f"{case['name'].partition('/')[0]} {case['verdict']}"
                          for case in trial["cases"])
        print(f"[{done}/{len(left)}] slower by {100 * slowdown:.0f} %: {words}; "
              f"{minutes:.0f} min left", file=sys.stderr, flush=True)


def run(words: list[str]) -> int:
    chosen = parse(words)
    journal = Journal(chosen.out, {
        "load": chosen.load, "delta": chosen.delta, "max_pairs": chosen.max_pairs,
        "budget": chosen.budget, "sample_seconds": chosen.seconds,
        "cases": [case.name for case in chosen.selected]})
    left = journal.left(chosen.trials, chosen.slowdowns)
    try:
        if left:
            with processes.load(chosen.load):
                run_all(chosen, journal, left)
    except Interrupted:
        print(f"\n{chosen.out} holds what is done, the same command goes on", file=sys.stderr)
        raise
    lines = summarize(journal.document["trials"])
    journal.document["summary"] = lines
    journal.write()
    print(table(lines))
    return 0
