"""Runs the checks one after the other within the time there is."""
import time
from typing import Callable, NamedTuple, Sequence

from minitalk.grade.checks import Check
from minitalk.grade.subject import Subject
from minitalk.grade.verdict import KO, OK, SKIP, Verdict


class Judged(NamedTuple):
    check: Check
    verdict: Verdict
    seconds: float


def run(subject: Subject, checks: Sequence[Check], tell: Callable[[Check, Verdict, float], None],
        begin: Callable[[Check], None] = lambda check: None) -> list[Judged]:
    """`tell(check, verdict, seconds)` hears of each, `begin(check)` before it."""
    judged = []
    for index, check in enumerate(checks):
        begin(check)
        start = time.monotonic()
        verdict = one(subject, check, checks[index:])
        seconds = time.monotonic() - start
        judged.append(Judged(check, verdict, seconds))
        tell(check, verdict, seconds)
    return judged


def one(subject: Subject, check: Check, rest: Sequence[Check]) -> Verdict:
    costs = [each.seconds(subject) for each in rest]
    if not subject.budget.fits(costs):
        left = max(0, subject.budget.left())
        return Verdict(SKIP, f"it needs some {costs[0]:.0f} s of the {left:.0f} s that are left, "
                       "and shorter checks come first: --full takes the time")
    if subject.gone():
        return Verdict(SKIP, "there is no server to talk to: it ends at once")
    return subject.and_alive(check.run(subject))


def score(judged: list[Judged]) -> tuple[int, int]:
    """How many of those that were judged are OK: (OK, judged)."""
    statuses = [verdict.status for _, verdict, _ in judged]
    return statuses.count(OK), statuses.count(OK) + statuses.count(KO)
