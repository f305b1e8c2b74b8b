"""The checks: for each a name to select by, what is asked, the function that judges, and what it
costs; and how they are run one after the other within the time there is."""
import dataclasses
import re
import time
from typing import Callable, NamedTuple, Sequence

from minitalk.grade import causes, crowd, inspection, messages, rank, wrong_arguments
from minitalk.grade.under_test import Decided, Finding, Judge, KO, OK, SKIP, UnderTest
from minitalk.pairs.pair import LONGEST_ARGUMENT, text_of

GROUPS = ("start", "text", "clients", "speed", "arguments", "inside", "length", "result")


@dataclasses.dataclass(frozen=True)
class Check:
    """`seconds`: what it should last, by what is known."""
    group: str
    name: str
    asks: str
    run: Judge
    seconds: Callable[[UnderTest], float]


def costs(length: int, messages: int = 1, more: float = 0.0) -> Callable[[UnderTest], float]:
    return lambda tested: tested.expected_seconds(length * messages, messages) + more


def of_length(length: int, group: str = "length") -> Check:
    message = " in one message" if group == "length" else ""
    return Check(group, f"{length}-characters", f"{length:,} characters{message}",
                 lambda tested: tested.exact(text_of(length)), costs(length))


def wrong(name: str, asks: str) -> Check:
    return Check("arguments", name, asks, wrong_arguments.check(name), lambda _: 0.3)


def of_text(name: str, asks: str, text: str | bytes, hint: str | None = None) -> Check:
    return Check("text", name, asks, messages.of(text, hint), costs(len(text)))


CHECKS = (
    Check("start", "pid", "the server prints its pid", messages.pid_printed, lambda _: 0.5),
    Check("start", "1-character", "one character", messages.one_character, costs(1, 2)),
    of_length(100, "start"),
    Check("start", "second", "100 characters in less than a second, best of three",
          messages.within_a_second, costs(100, 3)),
    of_length(1000, "start"),
    Check("inside", "acknowledged", "bonus: the server acknowledges", inspection.acknowledged,
          lambda _: 1.5),
    Check("inside", "signals-only", "nothing but SIGUSR1 and SIGUSR2 passes between them (strace)",
          inspection.signals_only, lambda _: 0),
    of_text("printable", "every printable character", messages.PRINTABLE),
    of_text("utf-8", "UTF-8: emoji and right-to-left scripts", messages.UTF_8),
    of_text("scripts", "Unicode of many scripts", messages.SCRIPTS),
    of_text("high-bytes", "bytes 0x80 to 0xff, which are no UTF-8", messages.HIGH_BYTES,
            causes.SIGNED),
    of_text("format", "format characters (%s%n) and escapes", messages.FORMAT,
            causes.FORMAT),
    of_text("newlines", "newlines and a tab", messages.NEWLINES),
    of_text("blanks", "leading and trailing blanks", messages.BLANKS),
    Check("text", "empty", "an empty message, and the next one", messages.empty, costs(40, 2)),
    Check("clients", "repeated", "the same message ten times in a row", messages.repeated,
          costs(60, 10)),
    Check("clients", "back-to-back", "ten clients back to back, each with another message",
          messages.in_a_row(10, 120), costs(120, 10)),
    Check("clients", "two-at-once", "two clients at once", crowd.at_once(2, rounds=3),
          lambda _: 1.2),
    Check("clients", "four-at-once", "four clients at once", crowd.at_once(4, rounds=2),
          lambda _: 1.6),
    Check("clients", "client-killed", "a client killed in mid-message, and the next one",
          crowd.client_killed, lambda _: 0.6),
    Check("clients", "fragment", "nothing is printed of a message that was cut off",
          crowd.fragment, lambda _: 0),
    Check("clients", "stray-signals", "the next message after a stranger's SIGUSR1 and SIGUSR2",
          crowd.stray_signals, lambda _: 0.7),
    Check("clients", "server-stopped", "the server stopped and continued in mid-message",
          crowd.stopped("server"), lambda _: 1.0),
    Check("clients", "client-stopped", "the client stopped and continued in mid-message",
          crowd.stopped("client"), lambda _: 1.0),
    Check("clients", "server-killed", "the server killed in mid-message, and another one started",
          crowd.server_killed, lambda _: 1.5),
    Check("speed", "spread", "how much the times of 20 messages differ", messages.spread,
          costs(100, 20)),
    Check("speed", "same-cpu", "1,000 characters, both ends on one CPU", messages.placed("same"),
          costs(1000, 3, 0.2)),
    Check("speed", "two-cpus", "1,000 characters, the ends on two CPUs", messages.placed("two"),
          costs(1000, 9, 0.2)),
    Check("speed", "busy", "1,000 characters beside two busy processes", messages.busy,
          costs(1000, 4)),
    Check("speed", "idle", "CPU time of the idle server", messages.idle, lambda _: 1.3),
    wrong("no-argument", "the client without arguments: no crash"),
    wrong("one-argument", "the client with one argument: no crash"),
    wrong("three-arguments", "the client with three arguments: no crash"),
    wrong("pid-0", "pid 0: no stray signal"),
    wrong("pid-minus-1", "pid -1: no stray signal"),
    wrong("pid-letters", "letters as the pid: no stray signal"),
    wrong("pid-empty", "an empty pid: no stray signal"),
    wrong("pid-too-large", "a pid of 4294967295: no stray signal"),
    wrong("pid-dead", "the pid of nobody: the client ends"),
    wrong("bystander", "the pid of a process that is no server"),
    Check("inside", "leaks", "no memory lost by either end (valgrind)", inspection.leaks,
          lambda _: 4),
    Check("result", "rank", "beside the reference protocols, 1,000 characters", rank.check,
          rank.seconds),
    of_length(10_000),
    Check("length", "15x3000", "15 messages of 3,000 characters", messages.in_a_row(15, 3000),
          costs(3000, 15)),
    Check("length", "10x5300", "10 messages of 5,300 characters", messages.in_a_row(10, 5300),
          costs(5300, 10)),
    of_length(20_000),
    Check("length", "spam", "1,000 short messages", inspection.spam, inspection.spam_seconds),
    Check("inside", "memory", "the server's memory over those messages", inspection.memory,
          lambda _: 0),
    of_length(100_000),
    Check("length", "longest-argument", "one argument as long as Linux allows: 131,071 bytes",
          lambda tested: tested.exact(text_of(tested.implementation.longest_text())),
          costs(LONGEST_ARGUMENT)),
    Check("result", "survival", "the server is alive after each check", messages.survival,
          lambda _: 0),
    Check("result", "bytes-lost", "bytes lost in all", messages.bytes_lost, lambda _: 0),
)


def select(only: str | None, skip: str | None) -> list[Check]:
    """The checks whose names match `only` and do not match `skip`; None: all, and none."""
    return [check for check in CHECKS
            if (only is None or re.search(only, check.name))
            and (skip is None or not re.search(skip, check.name))]


class Judged(NamedTuple):
    check: Check
    finding: Finding
    seconds: float


def run(tested: UnderTest, chosen: Sequence[Check], report: Callable[[Judged], None],
        begin: Callable[[Check], None] = lambda check: None) -> list[Judged]:
    """`begin` is called before each, `report` after it."""
    judged = []
    for index, check in enumerate(chosen):
        begin(check)
        start = time.monotonic()
        finding = judge(tested, check, chosen[index:])
        judged.append(Judged(check, finding, time.monotonic() - start))
        report(judged[-1])
    return judged


def judge(tested: UnderTest, check: Check, rest: Sequence[Check]) -> Finding:
    """`rest`: the check and all that come after it."""
    costs = [each.seconds(tested) for each in rest]
    if not tested.budget.fits(costs):
        left = max(0, tested.budget.left())
        return Finding(SKIP, f"it needs some {costs[0]:.0f} s of the {left:.0f} s that are left, "
                       "and shorter checks come first: --full takes the time")
    if tested.gone():
        return Finding(SKIP, "there is no server to talk to: it ends at once")
    try:
        return tested.and_alive(check.run(tested))
    except Decided as early:
        return tested.and_alive(early.finding)


def score(judged: list[Judged]) -> tuple[int, int]:
    """How many of those that were judged are OK: (OK, judged)."""
    statuses = [finding.status for _, finding, _ in judged]
    return statuses.count(OK), statuses.count(OK) + statuses.count(KO)
