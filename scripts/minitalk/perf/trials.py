"""perf-check tried on slowdowns that are known: how often it raises a false alarm, how often it
finds one. Every trial is kept at once, so that an interrupted run goes on where it stopped."""
import argparse
import json
import math
import os
import pathlib
import statistics as stdlib_statistics
import subprocess
import sys
import time
from typing import Any, Callable, Sequence

from minitalk import statistics
from minitalk.exit_status import Failed
from minitalk.files import atomic_write_json
from minitalk.perf import judgement
from minitalk.perf.bench import Bench
from minitalk.perf.procedure import Comparison
from minitalk.perf.suite import Case
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

    def calibrate_all(self, cases: list[Case], progress: Progress) -> None:
        for case in cases:
            progress.begin("calibrating the slowdown")
            progress.show(case.name)
            self.loops[case.name] = self.calibrate(case)

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

    def calibrate(self, case: Case) -> float:
        """By pairs that ran next to each other. Twice, for the time does not grow in proportion to
        the work: the second time with about as much as ALARMING takes."""
        loops = self.loops_for(case, ENOUGH)
        for _ in range(2):
            excess = max(self.ratio(case, loops, CALIBRATIONS) - 1, ALARMING / 10)
            loops = round(ALARMING * loops / excess)
        return loops / ALARMING

    def ratio(self, case: Case, loops: int, pairs: int) -> float:
        """How many times as long a message takes with that work. The median latency where there is
        one, for no preemption moves it."""
        def message_ns(turns: int) -> float:
            sample = self.loaded(lambda _case: turns).sample(case, self.options.seed,
                                                             self.options.seconds)
            mean_ns = 1e9 * case.size / max(1, sample["bytes_per_second"])
            return float(sample["latency_ns_p50"] or mean_ns)
        return math.exp(statistics.hodges_lehmann(
            [math.log(message_ns(loops) / message_ns(0)) for _ in range(pairs)]))

    def loaded(self, loops_of: Callable[[Case], int]) -> Bench:
        return Bench(self.binary, lambda case: {"LD_PRELOAD": str(self.shim),
                                                "MINITALK_SLOW_LOOPS": str(loops_of(case))})

    def bench(self, slowdown: float) -> Bench:
        """Also the base runs under the shim: its own weight is not part of the slowdown."""
        return self.loaded(lambda case: round(slowdown * self.loops[case.name]))


class Load:
    """Busy processes beside the measured ones, ended with the block."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.busy: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> None:
        for _ in range(self.count):
            self.busy.append(subprocess.Popen([sys.executable, "-c", "while True: pass"]))

    def __exit__(self, *_: object) -> None:
        for process in self.busy:
            process.kill()
            process.wait()


class Journal:
    """The trials so far, in a file that is complete after each of them."""

    def __init__(self, path: pathlib.Path, conditions: dict[str, Any]) -> None:
        self.path = path
        self.document: dict[str, Any] = {"schema": SCHEMA, **conditions, "trials": []}
        if path.exists():
            self.resume(conditions)

    def resume(self, conditions: dict[str, Any]) -> None:
        try:
            known = json.loads(self.path.read_text())
            same = all(known[key] == value for key, value in conditions.items())
            known["trials"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise Failed(f"cannot go on with {self.path}: {error!r}; move it away") from error
        if not same:
            raise Failed(f"{self.path} holds trials under other conditions: move it away, or name "
                         "another file with --out")
        self.document = known

    def append(self, trial: Trial) -> None:
        self.document["trials"].append(trial)
        atomic_write_json(self.path, self.document)

    def done(self, slowdown: float) -> int:
        return sum(trial["slowdown"] == slowdown for trial in self.document["trials"])


def plan(journal: Journal, trials: int, slowdowns: Sequence[float]) -> list[tuple[float, int]]:
    """What is left, one trial of each slowdown in turn: an early end leaves them balanced."""
    left = []
    for number in range(trials):
        left += [(slowdown, number) for slowdown in slowdowns if journal.done(slowdown) <= number]
    return left


def run_trial(shim: Shim, cases: list[Case], options: argparse.Namespace, slowdown: float,
              number: int, progress: Progress) -> Trial:
    """One whole comparison, and what it said."""
    start = time.monotonic()
    options.seed = 1000 * (number + 1) + 2 * SLOWDOWNS.index(slowdown)  # each also uses seed + 1
    judged = Comparison(shim.bench(0), shim.bench(slowdown), options, progress).run(cases)
    return {"slowdown": slowdown, "number": number, "seed": options.seed,
            "load_average": os.getloadavg()[0], "seconds": round(time.monotonic() - start, 1),
            "cases": [{"name": case["name"], "verdict": case["verdict"],
                       "first": case["first"]["verdict"], "confirmation": case["confirmation"],
                       "pairs": case["first"]["pairs"],
                       "p50_estimate": case["first"]["metrics"][1]["estimate"],
                       "estimate": case["first"]["metrics"][0]["estimate"],
                       "low": case["first"]["metrics"][0]["low"],
                       "high": case["first"]["metrics"][0]["high"]} for case in judged]}


def share(struck: int, total: int) -> dict[str, float]:
    low, high = statistics.clopper_pearson(struck, total)
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
        # The median latency where there is one: it tells best what was planted in truth.
        estimates = judgement.present(
            case["estimate"] if case["p50_estimate"] is None else case["p50_estimate"]
            for case in cases)
        lines.append({"slowdown": slowdown, "failed": share(alarms, len(mine)),
                      "case_regressed": share(counts[judgement.REGRESSED], len(cases)),
                      "case_verdicts": counts,
                      "first_look_regressed": sum(case["first"] == judgement.REGRESSED
                                                  for case in cases),
                      "median_estimate": stdlib_statistics.median(estimates) if estimates
                      else None})
    return lines


def table(lines: list[dict[str, Any]]) -> str:
    """Markdown, for the terminal and the docs."""
    texts = ["| slower by | measured | comparisons that failed | cases that failed | inconclusive "
             "| pass | unconfirmed |", "|---:|---:|---|---|---:|---:|---:|"]
    for line in lines:
        measured = line["median_estimate"]
        counts = line["case_verdicts"]
        texts.append(
            f"| {100 * line['slowdown']:.0f} % | "
            f"{'-' if measured is None else f'{100 * math.expm1(measured):+.1f} %'} | "
            f"{bounds(line['failed'])} | {bounds(line['case_regressed'])} | "
            f"{counts[judgement.INCONCLUSIVE]} | "
            f"{counts[judgement.PASS] + counts[judgement.IMPROVED]} | "
            f"{line['first_look_regressed'] - counts[judgement.REGRESSED]} |")
    return "\n".join(texts)


def bounds(metric: dict[str, Any]) -> str:
    return (f"{metric['count']} of {metric['of']} ({100 * metric['low']:.0f} to "
            f"{100 * metric['high']:.0f} %)")
