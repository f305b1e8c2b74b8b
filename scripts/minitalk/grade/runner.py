"""Runs the checks one after the other within the time there is."""
import time

from minitalk.grade.verdict import KO, OK, SKIP, Verdict


def run(subject, checks, tell, begin=lambda check: None):
    """Pairs of check and verdict with its seconds. `tell(check, verdict, seconds)` hears of each,
    `begin(check)` before it."""
    judged = []
    for index, check in enumerate(checks):
        begin(check)
        start = time.monotonic()
        verdict = one(subject, check, checks[index:])
        seconds = time.monotonic() - start
        judged.append((check, verdict, seconds))
        tell(check, verdict, seconds)
    return judged


def one(subject, check, rest):
    costs = [each.seconds(subject) for each in rest]
    if not subject.budget.fits(costs):
        left = max(0, subject.budget.left())
        return Verdict(SKIP, f"it needs some {costs[0]:.0f} s of the {left:.0f} s that are left, "
                       "and shorter checks come first: --full takes the time")
    if subject.gone():
        return Verdict(SKIP, "there is no server to talk to: it ends at once")
    return subject.and_alive(check.run(subject))


def score(judged):
    """How many of those that were judged are OK: (OK, judged)."""
    statuses = [verdict.status for _, verdict, _ in judged]
    return statuses.count(OK), statuses.count(OK) + statuses.count(KO)
