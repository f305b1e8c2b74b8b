"""The procedure: rounds of base and head next to each other, and beside them the base once more as
a control; looks after so many of them, until every case is decided; and a second run with another
seed for what has regressed."""
import argparse
import random
import time
from typing import Callable

from minitalk.exit_status import Failed
from minitalk.perf import bench, judgement
from minitalk.perf.bench import Bench, Case
from minitalk.perf.judgement import Judged, Round
from minitalk.results.reading import Sample
from minitalk.terminal import Progress

LOOKS = (16, 32, 64)
ADVISORY_PAIRS = 16  # a case that gates nothing is not worth more looks
ENOUGH_TIMEOUTS = 2  # each lasts as long as a hundred good samples


class Rounds:
    """Measures rounds of cases and keeps them by the case's name."""

    def __init__(self, base: Bench, head: Bench, seed: int, seconds: float = bench.SAMPLE_SECONDS,
                 progress: Callable[[Case], None] = lambda case: None) -> None:
        self.benches = {"base": base, "head": head, "control": base}
        self.payload_seed = seed
        self.random = random.Random(seed)
        self.seconds = seconds
        self.progress = progress
        self.by_case: dict[str, list[Round]] = {}
        self.spent: dict[str, float] = {}  # seconds, by the case's name

    def extend(self, cases: list[Case], count: int) -> None:
        """Brings every case to `count` rounds, the cases shuffled anew in each."""
        while True:
            short = [c for c in cases if len(self.by_case.get(c.name, [])) < count
                     and not self.hangs(c)]
            if not short:
                return
            self.random.shuffle(short)
            for case in short:
                self.progress(case)
                if case.name not in self.by_case:
                    # One pair is thrown away: it pays for cold caches.
                    self.sample(case, "base")
                    self.sample(case, "head")
                start = time.monotonic()
                order = draw_order(self.random)
                self.by_case.setdefault(case.name, []).append(
                    {"order": order, **{side: self.sample(case, side) for side in order}})
                self.spent[case.name] = self.spent.get(case.name, 0) + time.monotonic() - start

    def hangs(self, case: Case) -> bool:
        return sum(not one["head"]["measured"]
                   for one in self.by_case.get(case.name, [])) >= ENOUGH_TIMEOUTS

    def seconds_until(self, cases: list[Case], count: int) -> float:
        """How long it will take to bring these cases there, judged by their rounds so far."""
        return float(sum(self.spent[case.name] * (count / len(self.by_case[case.name]) - 1)
                         for case in cases))

    def sample(self, case: Case, side: str) -> Sample:
        return self.benches[side].sample(case, self.payload_seed, self.seconds)


def draw_order(dice: random.Random) -> list[str]:
    """Three samples: base and head are always neighbours, in random order, and each of them is
    first, second and third equally often (1/4, 1/2, 1/4), so that whatever a place does to a sample
    it does to both. The control, the base's other sample, takes the place that is left."""
    return dice.choice([["head", "base", "control"], ["control", "base", "head"],
                        ["base", "head", "control"], ["control", "head", "base"]])


def looks_until(most: int) -> list[int]:
    """After how many pairs to look: 16, 32, 64 and no more than `most`."""
    return [look for look in LOOKS if look < most] + [most]


class Comparison:
    """Base against head over some cases."""

    def __init__(self, base: Bench, head: Bench, options: argparse.Namespace,
                 progress: Progress | None = None) -> None:
        self.base = base
        self.head = head
        self.options = options  # delta, max_pairs, seed, seconds, calls
        self.progress = progress or Progress()
        self.warnings: list[str] = []

    def select(self, cases: list[Case], cpus: int) -> tuple[list[Case], list[dict[str, str]]]:
        """Those that both sides can measure here, and why the others cannot be."""
        base, head = self.base.rows(cases), self.head.rows(cases)
        possible, skipped = [], []
        for case in cases:
            reason = ("head has no such row" if case.name not in head else
                      "base has no such row yet" if case.name not in base else
                      "wants a second CPU" if cpus < 2 and "/cross/" in case.name else None)
            if reason:
                skipped.append({"name": case.name, "reason": reason})
            else:
                possible.append(case)
        if not possible:
            raise Failed("none of the cases can be measured on both sides: " +
                         "; ".join(f"{s['name']}: {s['reason']}" for s in skipped[:3]))
        return possible, skipped

    def run(self, cases: list[Case]) -> list[Judged]:
        """What became of each case, in their order."""
        first = self.look(cases, self.options.seed)
        again = [c for c in cases if c.gated and first[c.name]["verdict"] == judgement.REGRESSED]
        second = self.look(again, self.options.seed + 1, "second run, ") if again else {}
        return [judgement.conclude(case, first[case.name], second.get(case.name))
                for case in cases]

    def look(self, cases: list[Case], seed: int, stage: str = "") -> dict[str, Judged]:
        """The sequential looks with one seed: the judgement of each case by its name."""
        calls = {case.name: self.count_calls(case, seed, stage) if self.options.calls else ([], [])
                 for case in cases}
        rounds = Rounds(self.base, self.head, seed, self.options.seconds,
                        lambda case: self.progress.show(case.name))
        start = time.monotonic()
        judged: dict[str, Judged] = {}
        undecided = list(cases)
        for look in looks_until(self.options.max_pairs):
            if judged and self.too_long(rounds, undecided, look, time.monotonic() - start):
                break
            self.progress.begin(f"{stage}up to {look} pairs, {len(undecided)} cases")
            rounds.extend(undecided, look)
            for case in undecided:
                measured = rounds.by_case[case.name]
                judged[case.name] = {
                    "seed": seed, "calls": calls[case.name], "rounds": measured,
                    **judgement.judge_case(case, measured, calls[case.name], self.options.delta)}
            undecided = [case for case in undecided
                         if judged[case.name]["verdict"] == judgement.INCONCLUSIVE
                         and (case.gated or look < ADVISORY_PAIRS)]
            if not undecided:
                break
        return judged

    def too_long(self, rounds: Rounds, undecided: list[Case], look: int, elapsed: float) -> bool:
        """Whether the next look would end after the budget."""
        if elapsed + rounds.seconds_until(undecided, look) <= self.options.budget:
            return False
        self.warnings.append(f"{len(undecided)} cases were left undecided to end in time: the "
                             "machine is slow or noisy; --budget gives it longer")
        return True

    def count_calls(self, case: Case, seed: int, stage: str) -> tuple[list[float], list[float]]:
        """One count of each side; two more where they differ, to tell a change from chance."""
        self.progress.begin(f"{stage}counting system calls")
        self.progress.show(case.name)
        counts = [[side.calls_per_byte(case, seed)] for side in (self.base, self.head)]
        (one,), (other,) = counts
        if one and other and abs(other / one - 1) > judgement.COUNT_NAMED:
            for side, more in zip((self.base, self.head), counts):
                more.extend(side.calls_per_byte(case, seed) for _ in range(2))
        base, head = map(judgement.present, counts)
        return base, head
