"""The procedure: looks after so many pairs, until every case is decided, and a second run with
another seed for what has regressed."""
import argparse
import time

from minitalk.exit_status import Failed
from minitalk.perf import judgement
from minitalk.perf.bench import Bench
from minitalk.perf.judgement import Judged
from minitalk.perf.pairs import Rounds
from minitalk.perf.suite import Case
from minitalk.terminal import Progress

LOOKS = (16, 32, 64)
ADVISORY_PAIRS = 16  # a case that gates nothing is not worth more looks


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
            if case.name not in head:
                skipped.append({"name": case.name, "reason": "head has no such row"})
            elif case.name not in base:
                skipped.append({"name": case.name, "reason": "base has no such row yet"})
            elif cpus < 2 and "/cross/" in case.name:
                skipped.append({"name": case.name, "reason": "wants a second CPU"})
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
        return [conclude(case, first[case.name], second.get(case.name)) for case in cases]

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


def conclude(case: Case, first: Judged, second: Judged | None) -> Judged:
    """The case's last word."""
    verdict, confirmation = first["verdict"], None
    if second is not None:
        verdict = judgement.after_confirmation(first, second)
        confirmation = "confirmed" if verdict == judgement.REGRESSED else "not confirmed"
    return {"name": case.name, "gated": case.gated, "lossy": case.lossy, "verdict": verdict,
            "confirmation": confirmation, "first": first, "second": second}
