"""Rounds: base and head next to each other, and beside them the base once more as a control."""
import random
import time
from typing import Callable

from minitalk.perf import bench
from minitalk.perf.bench import Bench
from minitalk.perf.judgement import Round
from minitalk.perf.suite import Case
from minitalk.results.reading import Sample

WARM_UP = ("base", "head")
ENOUGH_TIMEOUTS = 2  # each lasts as long as a hundred good samples


class Rounds:
    """Measures rounds of cases and keeps them by the case's name."""

    def __init__(self, base: Bench, head: Bench, seed: int, seconds: float = bench.SAMPLE_SECONDS,
                 progress: Callable[[Case], None] | None = None) -> None:
        self.benches = {"base": base, "head": head, "control": base}
        self.payload_seed = seed
        self.random = random.Random(seed)
        self.seconds = seconds
        self.progress = progress or (lambda case: None)
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
                    self.warm_up(case)
                start = time.monotonic()
                self.by_case.setdefault(case.name, []).append(self.measure(case))
                self.spent[case.name] = self.spent.get(case.name, 0) + time.monotonic() - start

    def hangs(self, case: Case) -> bool:
        return sum(not one["head"]["measured"]
                   for one in self.by_case.get(case.name, [])) >= ENOUGH_TIMEOUTS

    def seconds_until(self, cases: list[Case], count: int) -> float:
        """How long it will take to bring these cases there, judged by their rounds so far."""
        return float(sum(self.spent[case.name] * (count / len(self.by_case[case.name]) - 1)
                         for case in cases))

    def warm_up(self, case: Case) -> None:
        """One pair is thrown away: it pays for cold caches."""
        for side in WARM_UP:
            self.sample(case, side)

    def measure(self, case: Case) -> Round:
        order = draw_order(self.random)
        taken = {side: self.sample(case, side) for side in order}
        return {"order": order, **taken}

    def sample(self, case: Case, side: str) -> Sample:
        return self.benches[side].sample(case, self.payload_seed, self.seconds)


def draw_order(dice: random.Random) -> list[str]:
    """Three samples: base and head are always neighbours, in random order, and each of them is
    first, second and third equally often (1/4, 1/2, 1/4), so that whatever a place does to a sample
    it does to both. The control, the base's other sample, takes the place that is left."""
    return dice.choice([["head", "base", "control"], ["control", "base", "head"],
                        ["base", "head", "control"], ["control", "head", "base"]])
