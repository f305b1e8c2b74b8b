"""Checks of speed and of what it depends on: placement, busy neighbours, and how much it varies."""
import os
import statistics

from minitalk.grade import causes
from minitalk.grade.subject import Judge, Subject, text_of
from minitalk.grade.verdict import KO, OK, SKIP, Verdict, WARN
from minitalk.results.units import rate_text, seconds_text

BUSY = ["sh", "-c", "while :; do :; done"]
BUSY_PROCESSES = 2
REPETITIONS = 3
SPREAD_MESSAGES = 20
LENGTH = 1000
IDLE_SECONDS = 1.0
IDLE_GOOD, IDLE_BAD = 0.02, 0.2  # shares of a CPU


def busy(subject: Subject) -> Verdict:
    """Two processes that never sleep beside it, on any CPU."""
    quiet = subject.expected_seconds(LENGTH)
    pair = subject.pair()
    neighbours = [pair.run(BUSY) for _ in range(BUSY_PROCESSES)]
    exchange = pair.send(text_of(LENGTH, "busy"), 4 * subject.timeout(LENGTH))
    pair.finish(neighbours, 0)
    verdict = subject.judge(exchange)
    if verdict.status == OK:
        verdict.reason += f"; {exchange.delivery_seconds / quiet:.1f} times as long as without"
    return verdict


def spread(subject: Subject) -> Verdict:
    """The same length again and again: how far the slowest is from the usual."""
    times = []
    for seed in range(SPREAD_MESSAGES):
        exchange = subject.send(text_of(100, f"spread {seed}"))
        if not exchange.exact():
            return subject.judge(exchange)
        times.append(exchange.delivery_seconds)
    times.sort()
    middle, slowest = statistics.median(times), times[-1]
    high = times[int(0.9 * (len(times) - 1))]
    return Verdict(OK, f"half of {len(times)} take up to {seconds_text(middle)}, nine tenths "
                   f"{seconds_text(high)}, the slowest {seconds_text(slowest)}",
                   figures={"seconds_p50": middle, "seconds_p90": high, "seconds_max": slowest})


def placed(which: str) -> Judge:
    """1,000 characters with both ends on one CPU, or on two."""
    def check(subject: Subject) -> Verdict:
        cpus = sorted(os.sched_getaffinity(0))
        if which == "two" and len(cpus) < 2:
            return Verdict(SKIP, "there is one CPU here")
        subject.restart((cpus[0], cpus[0] if which == "same" else cpus[1]))
        rates = []
        for number in range(REPETITIONS):
            # A pair that is slow here is no fault: the pace was measured elsewhere.
            exchange = subject.started.send(text_of(LENGTH, f"{which} {number}"),
                                            4 * subject.timeout(LENGTH))
            if not exchange.exact():
                return subject.judge(exchange)
            rates.append(LENGTH / exchange.delivery_seconds)
        subject.close()
        rate = statistics.median(rates)
        return Verdict(OK, f"{rate_text(rate)} (median of {len(rates)})",
                       figures={"bytes_per_second": rate})
    return check


def idle(subject: Subject) -> Verdict:
    """CPU time of a server to which nobody talks."""
    pair = subject.pair()
    pair.alive(0.2)
    before = pair.measure()["cpu_seconds"]
    pair.alive(IDLE_SECONDS)
    share = (pair.measure()["cpu_seconds"] - before) / IDLE_SECONDS
    status = OK if share <= IDLE_GOOD else WARN if share <= IDLE_BAD else KO
    return Verdict(status, f"{100 * share:.0f} % of a CPU", causes.BUSY_WAIT if status != OK else
                   "", {"cpu_share": share})
