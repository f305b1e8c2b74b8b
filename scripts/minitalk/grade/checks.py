"""The list of checks: a name to select by, what is asked, the function that judges, and what it
costs. Data only; `python3 scripts/grade.py --list` prints it."""
import dataclasses
import re
from typing import Callable

from minitalk.grade import causes, crowd, inspection, messages, rank, speed, wrong_arguments
from minitalk.grade.manifest import LONGEST_ARGUMENT
from minitalk.grade.subject import Judge, Subject

GROUPS = ("start", "text", "clients", "speed", "arguments", "inside", "length", "result")


@dataclasses.dataclass(frozen=True)
class Check:
    """`seconds`: what it should last, by what is known."""
    group: str
    name: str
    asks: str
    run: Judge
    seconds: Callable[[Subject], float]


def costs(length: int, messages: int = 1, more: float = 0.0) -> Callable[[Subject], float]:
    return lambda subject: subject.expected_seconds(length * messages, messages) + more


def of_length(length: int) -> Check:
    return Check("length", f"{length}-characters", f"{length:,} characters in one message",
                 messages.of_length(length), costs(length))


def wrong(name: str, asks: str, case: str) -> Check:
    return Check("arguments", name, asks, wrong_arguments.check(case), lambda _: 0.3)


def of_text(name: str, asks: str, text: str | bytes, hint: str | None = None) -> Check:
    return Check("text", name, asks, messages.of(text, hint), costs(len(text)))


CHECKS = (
    Check("start", "pid", "the server prints its pid", messages.pid_printed, lambda _: 0.5),
    Check("start", "1-character", "one character", messages.one_character, costs(1, 2)),
    Check("start", "100-characters", "100 characters", messages.of_length(100), costs(100)),
    Check("start", "second", "100 characters in less than a second, best of three",
          messages.within_a_second, costs(100, 3)),
    Check("start", "1000-characters", "1,000 characters", messages.of_length(1000), costs(1000)),
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
    Check("speed", "spread", "how much the times of 20 messages differ", speed.spread,
          costs(100, 20)),
    Check("speed", "same-cpu", "1,000 characters, both ends on one CPU", speed.placed("same"),
          costs(1000, 3, 0.2)),
    Check("speed", "two-cpus", "1,000 characters, the ends on two CPUs", speed.placed("two"),
          costs(1000, 9, 0.2)),
    Check("speed", "busy", "1,000 characters beside two busy processes", speed.busy,
          costs(1000, 4)),
    Check("speed", "idle", "CPU time of the idle server", speed.idle, lambda _: 1.3),
    wrong("no-argument", "the client without arguments: no crash", "no argument"),
    wrong("one-argument", "the client with one argument: no crash", "one argument"),
    wrong("three-arguments", "the client with three arguments: no crash", "three arguments"),
    wrong("pid-0", "pid 0: no stray signal", "pid 0"),
    wrong("pid-minus-1", "pid -1: no stray signal", "pid -1"),
    wrong("pid-letters", "letters as the pid: no stray signal", "pid of letters"),
    wrong("pid-empty", "an empty pid: no stray signal", "empty pid"),
    wrong("pid-too-large", "a pid of 4294967295: no stray signal", "pid too large"),
    wrong("pid-dead", "the pid of nobody: the client ends", "dead pid"),
    wrong("bystander", "the pid of a process that is no server", "bystander"),
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
          messages.longest, costs(LONGEST_ARGUMENT)),
    Check("result", "survival", "the server is alive after each check", messages.survival,
          lambda _: 0),
    Check("result", "bytes-lost", "bytes lost in all", messages.bytes_lost, lambda _: 0),
)


def select(only: re.Pattern[str] | None, skip: re.Pattern[str] | None) -> list[Check]:
    """The checks whose names match `only` and do not match `skip` (compiled, or None)."""
    return [check for check in CHECKS
            if (only is None or only.search(check.name))
            and (skip is None or not skip.search(check.name))]
