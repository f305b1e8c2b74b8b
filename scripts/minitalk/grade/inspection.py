"""Checks that look at the two programs from outside: strace, valgrind, memory over messages."""
import pathlib
import re
import shutil
import signal
import tempfile
from typing import Callable, Sequence

from minitalk.grade import causes, trace
from minitalk.grade.engine import Exchange
from minitalk.grade.pair import Pair
from minitalk.grade.subject import Subject
from minitalk.grade.verdict import INFO, KO, OK, SKIP, Verdict, WARN

TRACED = b"traced: 20 letters"
SLOWNESS = {"strace": 3, "valgrind": 6}
LEAK_MESSAGES = (b"leak?", b"again")
SPAM_MESSAGES = 1000
FEWEST_MESSAGES = 50  # fewer say nothing about growth
GROWTH_BYTES = 100 * 1024  # of noise: pages of stdio, of the loader, of the heap's beginning
GROWTH_PER_MESSAGE = 64


def missing(tool: str) -> Verdict:
    return Verdict(SKIP, f"{tool} is not installed: apt-get install {tool}")


def observe(subject: Subject, prefix_of: Callable[[str], list[str]], messages: Sequence[bytes],
            tool: str) -> list[Exchange] | Verdict:
    """Runs both ends under a tool. Returns the exchanges, or the Verdict that says why not."""
    exchanges = []
    with Pair(subject.implementation, server_prefix=prefix_of("server"),
              client_prefix=prefix_of("client"), slowness=SLOWNESS[tool]) as pair:
        pair.start(limit=5 if subject.prints_pid else 1)
        for message in messages:
            if not pair.alive():
                return Verdict(SKIP, f"the server does not run under {tool}")
            exchanges.append(pair.send(message, subject.timeout(len(message))))
        end_as_a_user(pair)
    return exchanges


def end_as_a_user(pair: Pair) -> None:
    """Ctrl-C first: a handler of theirs may free what there is to free. The program, not its
    tracer, which ends with it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if pair.alive():
            pair.signal(number)
            pair.alive(3)


def traced_ends(subject: Subject) -> tuple[trace.End, trace.End] | Verdict:
    """(server, client) as trace.End, once for all checks; or the Verdict that says why not."""
    if "trace" not in subject.memory:
        subject.memory["trace"] = run_strace(subject)
    ends: tuple[trace.End, trace.End] | Verdict = subject.memory["trace"]
    return ends


def run_strace(subject: Subject) -> tuple[trace.End, trace.End] | Verdict:
    if shutil.which("strace") is None:
        return missing("strace")
    with tempfile.TemporaryDirectory(prefix="minitalk-grade-") as folder:
        def prefix_of(name: str) -> list[str]:
            return ["strace", "-f", "-qq", "-e", "signal=none", "-e", f"trace={trace.CALLS}", "-o",
                    f"{folder}/{name}"]
        exchanges = observe(subject, prefix_of, [TRACED], "strace")
        if isinstance(exchanges, Verdict):
            return exchanges
        logs = [pathlib.Path(folder, name) for name in ("server", "client")]
        if not all(log.exists() and log.stat().st_size for log in logs):
            return Verdict(SKIP, "strace may not trace here (ptrace is forbidden)")
        server, client = (trace.parse(log.read_text(errors="replace")) for log in logs)
    if not trace.sent_to(client, server):
        return Verdict(SKIP, "under strace the client sends nothing to the server")
    return server, client


def signals_only(subject: Subject) -> Verdict:
    """One message under strace: SIGUSR1, SIGUSR2, and no other way for a byte to pass."""
    ends = traced_ends(subject)
    if isinstance(ends, Verdict):
        return ends
    found = trace.violations(*ends)
    if found:
        return Verdict(KO, "; ".join(found[:3]))
    there, back = (len(trace.sent_to(*pair)) for pair in (ends[::-1], ends))
    payload = {call for _, _, call in ends[0].signals + ends[1].signals} & {"rt_sigqueueinfo",
                                                                            "rt_tgsigqueueinfo"}
    reason = f"{there} signals to the server and {back} back for {len(TRACED)} characters"
    return Verdict(WARN, f"{reason}; sent by sigqueue, which carries data of its own") if payload \
        else Verdict(OK, reason)


def acknowledged(subject: Subject) -> Verdict:
    """Whether the server answers its client: the exercise's bonus."""
    ends = traced_ends(subject)
    if isinstance(ends, Verdict):
        if subject.waits_for_signals:
            return Verdict(OK, "the client has handlers for signals; how many come is not known")
        return Verdict(INFO, "not seen (strace would tell)")
    back = trace.sent_to(*ends)
    subject.acknowledged = bool(back)
    if not back:
        return Verdict(INFO, "no: the client hears nothing from the server")
    kinds = " and ".join(sorted(set(back))).replace("SIG", "")
    each = len(back) / len(TRACED)
    return Verdict(OK, f"yes, by {kinds}: {each:.3g} a character" if each >= 0.5 else
                   f"yes, by {kinds}: {len(back)} a message", figures={"signals": len(back)})


def leaks(subject: Subject) -> Verdict:
    """Two short messages under valgrind: what both ends have lost when they end."""
    if shutil.which("valgrind") is None:
        return missing("valgrind")
    with tempfile.TemporaryDirectory(prefix="minitalk-grade-") as folder:
        def prefix_of(name: str) -> list[str]:
            return ["valgrind", "--leak-check=full", f"--log-file={folder}/{name}.%p"]
        exchanges = observe(subject, prefix_of, LEAK_MESSAGES, "valgrind")
        if isinstance(exchanges, Verdict):
            return exchanges
        logs = {path.name: path.read_text(errors="replace")
                for path in sorted(pathlib.Path(folder).iterdir())}
    complete = [name.split(".")[0] for name, text in logs.items() if "HEAP SUMMARY" in text]
    if set(complete) != {"server", "client"}:
        return Verdict(SKIP, "under valgrind one of the two did not end by itself")
    return judge_valgrind(logs)


def judge_valgrind(logs: dict[str, str]) -> Verdict:
    """`logs`: by the name of the end and the pid."""
    words = []
    for end in ("server", "client"):
        texts = [text for name, text in logs.items() if name.startswith(end)]
        lost = max(map(lost_bytes, texts))
        errors = max(map(invalid_accesses, texts))
        words += [f"the {end} loses {lost:,} bytes"] if lost else []
        words += [f"the {end} makes {errors} invalid accesses"] if errors else []
    return Verdict(KO, "; ".join(words), causes.NOT_FREED) if words else \
        Verdict(OK, "nothing lost, no invalid access")


def lost_bytes(log: str) -> int:
    """Definitely and indirectly lost, as valgrind has it."""
    found = re.findall(r"(?:definitely|indirectly) lost: ([\d,]+) bytes", log)
    return sum(int(number.replace(",", "")) for number in found)


def invalid_accesses(log: str) -> int:
    return len(re.findall(r"Invalid (?:read|write|free)|uninitialised value|points to "
                          r"(?:uninitialised|unaddressable)", log))


def spam(subject: Subject) -> Verdict:
    """As many short messages as the time allows, up to 1,000; the server's memory beside them."""
    seconds = subject.expected_seconds(16)
    share = subject.budget.share(subject.expected_seconds(16 * SPAM_MESSAGES, SPAM_MESSAGES))
    count = min(SPAM_MESSAGES, max(FEWEST_MESSAGES, int(share / seconds)))
    pair = subject.pair()
    sizes, total = [], 0.0
    for number in range(count):
        exchange = subject.send(b"message %07d" % number)
        if not exchange.exact():
            verdict = subject.judge(exchange)
            verdict.reason = f"message {number + 1:,} of {count:,}: {verdict.reason}"
            return verdict
        total += exchange.delivery_seconds
        if number % (count // 10) == 0:
            sizes.append((number + 1, pair.measure()["resident_bytes"]))
    sizes.append((count, pair.measure()["resident_bytes"]))
    subject.memory["sizes"] = sizes
    return Verdict(OK, f"{count:,} exact, {count / total:.0f} a second",
                   figures={"messages": count, "bytes_per_second": 15 * count / total})


def memory(subject: Subject) -> Verdict:
    """The server's resident memory from a tenth of those messages on."""
    sizes = subject.memory.get("sizes")
    if not sizes:
        return Verdict(SKIP, "the many messages were not sent, or did not all arrive (the check "
                       "spam sends them)")
    return judge_memory(sizes)


def judge_memory(sizes: list[tuple[int, float]]) -> Verdict:
    """`sizes`: (messages so far, resident bytes), in order. The beginning is not counted."""
    (first, begin), (_, half), (last, end) = sizes[1], sizes[len(sizes) // 2], sizes[-1]
    growth, each = end - begin, (end - begin) / max(1, last - first)
    reason = f"{growth / 1024:+,.0f} KiB over {last - first:,} messages"
    if growth > GROWTH_BYTES and each > GROWTH_PER_MESSAGE and end > half > begin:
        return Verdict(KO, f"{reason}: {each:,.0f} bytes each", causes.NOT_FREED)
    return Verdict(OK, reason, figures={"bytes_a_message": each})


def spam_seconds(subject: Subject) -> float:
    """It makes do with less: only the fewest messages that are worth it have to fit."""
    return subject.expected_seconds(16 * FEWEST_MESSAGES, FEWEST_MESSAGES)
