"""The procedure: looks after so many pairs, until every case is decided, and a second run with
another seed for what has regressed."""
import os
import sys
import time

from minitalk.terminal import can_rewrite

from minitalk.perf import judgement as verdicts
from minitalk.perf.pairs import Rounds
from minitalk.exit_status import Failed

LOOKS = (16, 32, 64)
ADVISORY_PAIRS = 16  # a case that gates nothing is not worth more looks


def looks_until(most):
    """After how many pairs to look: 16, 32, 64 and no more than `most`."""
    return [look for look in LOOKS if look < most] + [most]


class Progress:
    """One line on a terminal that says where the run is; elsewhere a line for each stage."""

    def __init__(self, stream=sys.stderr):
        self.stream = stream
        self.terminal = can_rewrite(stream, os.environ)
        self.start = time.monotonic()
        self.stage = ""

    def say(self, stage):
        if stage != self.stage and not self.terminal:
            print(f"{time.monotonic() - self.start:4.0f} s  {stage}", file=self.stream, flush=True)
        self.stage = stage
        self.show("")

    def case(self, case):
        self.show(case.name)

    def show(self, text):
        if self.terminal:
            elapsed = time.monotonic() - self.start
            self.stream.write(f"\r{elapsed:4.0f} s  {self.stage}  {text}"[:100] + "\033[K")
            self.stream.flush()

    def finish(self):
        if self.terminal:
            self.stream.write("\r\033[K")
            self.stream.flush()


class Comparison:
    """Base against head over some cases."""

    def __init__(self, base, head, options, progress=None):
        self.base = base
        self.head = head
        self.options = options  # delta, max_pairs, seed, seconds, calls
        self.progress = progress or Progress()
        self.warnings = []

    def select(self, cases, cpus):
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

    def run(self, cases):
        """What became of each case, in their order."""
        first = self.look(cases, self.options.seed)
        again = [c for c in cases if c.gated and first[c.name]["verdict"] == verdicts.REGRESSED]
        second = self.look(again, self.options.seed + 1, "second run, ") if again else {}
        return [conclude(case, first[case.name], second.get(case.name)) for case in cases]

    def look(self, cases, seed, stage=""):
        """The sequential looks with one seed: the judgement of each case by its name."""
        calls = {case.name: self.count_calls(case, seed, stage) if self.options.calls else [[], []]
                 for case in cases}
        rounds = Rounds(self.base, self.head, seed, self.options.seconds, self.progress.case)
        start = time.monotonic()
        judged = {}
        undecided = list(cases)
        for look in looks_until(self.options.max_pairs):
            if judged and self.too_long(rounds, undecided, look, time.monotonic() - start):
                break
            self.progress.say(f"{stage}up to {look} pairs, {len(undecided)} cases")
            rounds.extend(undecided, look)
            for case in undecided:
                measured = rounds.by_case[case.name]
                judged[case.name] = {
                    "seed": seed, "calls": calls[case.name], "rounds": measured,
                    **verdicts.judge_case(case, measured, calls[case.name], self.options.delta)}
            undecided = [case for case in undecided
                         if judged[case.name]["verdict"] == verdicts.INCONCLUSIVE
                         and (case.gated or look < ADVISORY_PAIRS)]
            if not undecided:
                break
        return judged

    def too_long(self, rounds, undecided, look, elapsed):
        """Whether the next look would end after the budget."""
        if elapsed + rounds.seconds_until(undecided, look) <= self.options.budget:
            return False
        self.warnings.append(f"{len(undecided)} cases were left undecided to end in time: the "
                             "machine is slow or noisy; --budget gives it longer")
        return True

    def count_calls(self, case, seed, stage):
        """One count of each side; two more where they differ, to tell a change from chance."""
        self.progress.say(f"{stage}counting system calls")
        self.progress.case(case)
        counts = [[side.calls_per_byte(case, seed)] for side in (self.base, self.head)]
        (base,), (head,) = counts
        if base and head and abs(head / base - 1) > verdicts.COUNT_NAMED:
            for side, more in zip((self.base, self.head), counts):
                more.extend(side.calls_per_byte(case, seed) for _ in range(2))
        return [verdicts.present(count) for count in counts]


def conclude(case, first, second):
    """The case's last word."""
    verdict, confirmation = first["verdict"], None
    if second is not None:
        verdict = verdicts.after_confirmation(first, second)
        confirmation = "confirmed" if verdict == verdicts.REGRESSED else "not confirmed"
    return {"name": case.name, "gated": case.gated, "lossy": case.lossy, "verdict": verdict,
            "confirmation": confirmation, "first": first, "second": second}
