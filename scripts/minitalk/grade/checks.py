"""The checks: for each a name to select by, what is asked, the function that judges, and what it
may cost; and how they are run one after the other within the time there is."""
import dataclasses
import re
import time
from typing import Callable, NamedTuple, Sequence

from minitalk.grade import causes, crowd, inspection, messages, rank, schedules, wrong_arguments
from minitalk.grade.under_test import (cpu_share, Decided, Finding, INFO, Judge, KO, LOADED, OK,
                                       SKIP, UnderTest)
from minitalk.pairs.pair import text_of

GROUPS = ("start", "text", "clients", "speed", "arguments", "inside", "length", "result")


# By tier: seconds that a check has at most, unless it says otherwise, and at least. Those of the
# first two always run, those of the others follow in what is left of the time.
SAFETY, CORRECTNESS, SPEED, ENDURANCE = "safety", "correctness", "speed", "endurance"
CAPS = {SAFETY: (20.0, 0.8), CORRECTNESS: (5.0, 0.8), SPEED: (6.0, 1.5), ENDURANCE: (12.0, 0.0)}


@dataclasses.dataclass(frozen=True)
class Check:
    """`cap`: seconds that it may take; None: as its tier."""
    tier: str
    group: str
    name: str
    asks: str
    run: Judge
    cap: float | None = None

    @property
    def required(self) -> bool:
        return self.tier in (SAFETY, CORRECTNESS)

    @property
    def scored(self) -> bool:
        """What informs alone is no part of the score."""
        return self.name not in ("rank", "schedules", "bytes-lost")


def of_length(length: int, group: str = "length") -> Check:
    message = " in one message" if group == "length" else ""

    def run(tested: UnderTest) -> Finding:
        def one() -> Finding:
            return tested.exact(text_of(length))
        return tested.repeated(one) if group == "start" else one()
    return Check(ENDURANCE if group == "length" else CORRECTNESS, group, f"{length}-characters",
                 f"{length:,} characters{message}", run)


def wrong(name: str, asks: str) -> Check:
    return Check(SAFETY, "arguments", name, asks, wrong_arguments.check(name))


def of_text(name: str, asks: str, text: str | bytes, hint: str | None = None) -> Check:
    return right("text", name, asks, messages.of(text, hint))


def right(group: str, name: str, asks: str, run: Judge, cap: float | None = None) -> Check:
    return Check(CORRECTNESS, group, name, asks, run, cap)


def speed(name: str, asks: str, run: Judge) -> Check:
    return Check(SPEED, "speed", name, asks, run)


CHECKS = (
    right("start", "pid", "the server prints its pid", messages.pid_printed),
    right("start", "1-character", "one character", messages.one_character),
    of_length(100, "start"),
    right("start", "second", "100 characters in less than a second, best of three",
          messages.within_a_second),
    of_length(1000, "start"),
    right("inside", "acknowledged", "bonus: the server acknowledges", inspection.acknowledged),
    Check(SAFETY, "inside", "signals-only", "nothing but SIGUSR1 and SIGUSR2 passes between them "
          "(strace)", inspection.signals_only),
    Check(SAFETY, "inside", "targets", "each signals the other and nobody else (strace)",
          inspection.targets),
    wrong("no-argument", "the client without arguments: no crash"),
    wrong("one-argument", "the client with one argument: no crash"),
    wrong("three-arguments", "the client with three arguments: no crash"),
    wrong("pid-0", "pid 0: no stray signal"),
    wrong("pid-minus-1", "pid -1: no stray signal"),
    wrong("pid-letters", "letters as the pid: no stray signal"),
    wrong("pid-empty", "an empty pid: no stray signal"),
    wrong("pid-too-large", "a pid of 4294967295: no stray signal"),
    wrong("pid-dead", "the pid of nobody: the client ends"),
    wrong("pid-junk", "a pid with a letter behind it is refused"),
    wrong("pid-blank", "a pid with blanks around it"),
    wrong("pid-plus", "a pid with a plus sign"),
    wrong("bystander", "the pid of a process that is no server"),
    of_text("printable", "every printable character", messages.PRINTABLE),
    of_text("utf-8", "UTF-8: emoji and right-to-left scripts", messages.UTF_8),
    of_text("scripts", "Unicode of many scripts", messages.SCRIPTS),
    of_text("high-bytes", "bytes 0x80 to 0xff, which are no UTF-8", messages.HIGH_BYTES),
    of_text("format", "format characters (%s%n) and escapes", messages.FORMAT,
            causes.FORMAT),
    of_text("newlines", "newlines and a tab", messages.NEWLINES),
    of_text("control", "control characters", messages.CONTROL),
    of_text("blanks", "leading and trailing blanks", messages.BLANKS),
    right("text", "empty", "an empty message, and the next one", messages.empty),
    right("text", "recycled", "a short message after a long one, onto used memory",
          messages.recycled),
    right("clients", "repeated", "the same message ten times in a row", messages.repeated),
    right("clients", "back-to-back", "ten clients back to back, each with another message",
          messages.in_a_row(10, 120)),
    right("clients", "two-at-once", "two clients at once", crowd.at_once(2, rounds=3)),
    right("clients", "four-at-once", "four clients at once", crowd.at_once(4, rounds=2)),
    right("clients", "client-killed", "a client killed in mid-message, and the next one",
          crowd.client_killed, 20),
    right("clients", "fragment", "nothing is printed of a message that was cut off",
          crowd.fragment),
    right("clients", "stray-signals", "the next message after a stranger's SIGUSR1 and SIGUSR2",
          crowd.stray_signals),
    right("clients", "stray-within", "a stranger's SIGUSR1 and SIGUSR2 in mid-message",
          crowd.stray_within),
    right("clients", "server-stopped", "the server stopped and continued in mid-message",
          crowd.stopped("server")),
    right("clients", "client-stopped", "the client stopped and continued in mid-message",
          crowd.stopped("client")),
    right("clients", "server-killed", "the server killed in mid-message, and another one started",
          crowd.server_killed),
    right("inside", "leaks", "no memory lost by either end (valgrind)", inspection.leaks, 10),
    speed("spread", "how much the times of 20 messages differ", messages.spread),
    speed("same-cpu", "1,000 characters, both ends on one CPU", messages.placed("same")),
    speed("two-cpus", "1,000 characters, the ends on two CPUs", messages.placed("two")),
    speed("busy", "1,000 characters beside two busy processes", messages.busy),
    speed("idle", "CPU time of the idle server", messages.idle),
    Check(SPEED, "result", "rank", "beside the reference protocols, 1,000 characters", rank.check,
          25),
    Check(SPEED, "result", "schedules", "one character under every schedule (minitalk-explore)",
          schedules.check, schedules.SECONDS),
    of_length(10_000),
    Check(ENDURANCE, "length", "spam", "1,000 short messages", inspection.spam),
    Check(ENDURANCE, "inside", "memory", "the server's memory over those messages",
          inspection.memory),
    of_length(20_000),
    Check(ENDURANCE, "length", "15x3000", "15 messages of 3,000 characters",
          messages.in_a_row(15, 3000)),
    Check(ENDURANCE, "length", "10x5300", "10 messages of 5,300 characters",
          messages.in_a_row(10, 5300)),
    of_length(100_000),
    Check(ENDURANCE, "length", "longest-argument",
          "one argument as long as Linux allows: 131,071 bytes",
          lambda tested: tested.exact(text_of(tested.implementation.longest_text()))),
    Check(ENDURANCE, "result", "survival", "the server is alive after each check",
          messages.survival),
    Check(ENDURANCE, "result", "bytes-lost", "bytes lost in all", messages.bytes_lost),
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
    restarts: int = 0  # of the server, beyond those that a check is about


def run(tested: UnderTest, chosen: Sequence[Check], report: Callable[[Judged], None],
        begin: Callable[[Check], None] = lambda check: None) -> list[Judged]:
    """`begin` is called before each, `report` after it."""
    judged = []
    for index, check in enumerate(chosen):
        begin(check)
        start, deaths = time.monotonic(), len(tested.deaths)
        cap, least = CAPS[check.tier]
        tested.clock.begin(check.cap or cap, least, sum(
            each.required for each in chosen[index:]) if check.required else 0)
        tested.done, tested.of = 0, 1
        finding = judge(tested, check)
        if finding.status == KO and (share := cpu_share()) < LOADED:
            finding.figures["machine_cpu_share"] = share
        judged.append(Judged(check, finding, time.monotonic() - start,
                             len(tested.deaths) - deaths))
        report(judged[-1])
    return judged


def judge(tested: UnderTest, check: Check) -> Finding:
    if tested.gone():
        return Finding(SKIP, "there is no server to talk to: it ends at once")
    try:
        if check.group != "result" and tested.clock.left() == 0:
            raise tested.too_slow()
        return tested.and_alive(check.run(tested))
    except Decided as early:
        return tested.and_alive(early.finding)


def score(judged: list[Judged]) -> tuple[int, int]:
    """How many of the checks that count are as they should be: (OK or for information, all)."""
    statuses = [one.finding.status for one in judged if one.check.scored]
    return statuses.count(OK) + statuses.count(INFO), len(statuses)
