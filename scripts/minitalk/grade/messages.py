"""Checks of single messages: what one may consist of, how long it may be, how fast it is, and what
that depends on. Each takes the UnderTest."""
import dataclasses
import os
import re
import statistics
import string

from minitalk.grade import causes
from minitalk.grade.under_test import Finding, INFO, Judge, KO, OK, skip, UnderTest, WARN
from minitalk.pairs.engine import Exchange
from minitalk.pairs.pair import text_of
from minitalk.results.reading import rate_text, seconds_text

PRINTABLE = bytes(range(0x20, 0x7F))
# A family and a pirates' flag of several joined characters, and right-to-left text with marks.
UTF_8 = ("Grüße, 你好 \U0001F469\u200D\U0001F467\u200D\U0001F466 \U0001F3F4\u200D\u2620\uFE0F "
         "\u202Eשלום עולם\u202C مرحبا بالعالم e\u0301")
SCRIPTS = ("Ελληνικά Кириллица Հայերեն ქართული עברית العربية हिन्दी বাংলা தமிழ் ไทย 한국어 日本語 中文 "
           "አማርኛ ᏣᎳᎩ ᚠᚢᚦᚨᚱᚲ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𒀀𒁀 🜚 ∀x∈ℝ:⌈x⌉ ½ ﷽")
HIGH_BYTES = b"high:" + bytes(range(0x80, 0x100)) + b":end"
FORMAT = b"%s%n%d%x%p%%%1$s %100000d \\n \\0 $HOME `id` ${x}"
NEWLINES = b"first line\nsecond line\n\nfourth, behind an empty one\ttab\nlast"
CONTROL = b"control:" + bytes({*range(1, 32)} - {*b"\n\r\x1b"}) + b"\x7f:end"
BLANKS = b"   three blanks before, two within:  and four behind    "
BUSY = ["sh", "-c", "while :; do :; done"]
BUSY_PROCESSES = 2
REPETITIONS = 3
SPREAD_MESSAGES = 20
LENGTH = 1000
IDLE_SECONDS = 1.0
IDLE_GOOD, IDLE_BAD = 0.02, 0.2  # shares of a CPU


def pid_printed(tested: UnderTest) -> Finding:
    """Right after the start, before anybody sends a thing."""
    pair = tested.pair()
    said = pair.said.replace("\n", "\\n")
    if pair.prints_pid:
        return Finding(OK, f"{pair.pid}")
    if not pair.alive():
        return Finding(KO, f"the server ended at once, with status {pair.status}: "
                       f"\"{said[-60:]}\"")
    others = re.findall(r"\d{2,18}", said)
    if others:
        return Finding(KO, f"it prints {others[-1]}, and its pid is {pair.pid}",
                       "usually getpid() before a fork, or a number of another meaning")
    if not said:
        return Finding(KO, "nothing was printed", causes.FLUSH)
    return Finding(KO, f"no pid in \"{said[:60]}\"")


def one_character(tested: UnderTest) -> Finding:
    """A character that no banner holds, so that it cannot be taken for one."""
    said = tested.pair().said
    char = next(char for char in string.ascii_uppercase + string.printable if char not in said)
    tested.exact(char.encode())  # the first of all also warms up
    return tested.exact(char.encode())


def of(text: str | bytes, hint: str | None = None) -> Judge:
    """Exactly these bytes. `hint`: the cause if a percent sign is what does it: with letters in
    place of them it arrives."""
    data = text.encode() if isinstance(text, str) else text

    def check(tested: UnderTest) -> Finding:
        finding = tested.repeated(lambda: tested.judge(send_lines(tested, data)))
        if finding.status == KO and hint and not finding.figures.get("exact") and \
                tested.send(data.replace(b"%", b"x")).exact():
            finding.cause = hint
        return finding
    return check


def send_lines(tested: UnderTest, data: bytes) -> Exchange:
    """`send`, for a server that puts something before each line, such as the client's pid."""
    exchange = tested.send(data)
    lines = [line for line in data.split(b"\n") if line]
    if exchange.delivered or len(lines) < 2:
        return exchange
    behind = all(tested.started.find(dataclasses.replace(exchange, text=line)).delivered
                 for line in lines)
    rows = [row for row in exchange.server_said.splitlines() if row]
    prefixed = behind and len(rows) > len(lines) and \
        all(not row.startswith(line.decode()) for row, line in zip(rows[-len(lines):], lines))
    return dataclasses.replace(exchange, delivered=True, seconds=exchange.client_seconds) \
        if prefixed else exchange


def in_a_row(count: int, length: int) -> Judge:
    return lambda tested: tested.in_a_row([text_of(length, seed) for seed in range(count)])


def repeated(tested: UnderTest) -> Finding:
    """The same text each time, so only a growing output shows that it arrived."""
    return tested.in_a_row([text_of(60)] * 10)


def empty(tested: UnderTest) -> Finding:
    """What it prints for an empty message is its own affair; the next one has to be exact."""
    tested.deliver(b"")
    tested.deliver(text_of(40, "after an empty one"), where="the next message: ")
    return Finding(OK, "and the next message is exact")


def recycled(tested: UnderTest) -> Finding:
    """Short messages after long ones, whose end must not follow them."""
    longer = "long " + text_of(300, "recycled").decode()
    for number in tested.rounds(3):
        tested.deliver(longer.encode())
        exchange = tested.deliver(text_of(9, f"short {number}"))
        rest = exchange.server_said.partition(exchange.text.decode())[2]
        end = next((longer[at:at + 8] for at in range(len(longer) - 8)
                    if longer[at:at + 8] in rest), None)
        if end:
            return Finding(KO, f"behind the short message stands \"{rest.strip()[:24]}...\", of "
                           "the long one before")
    return Finding(OK, "nothing of the long one follows")


def within_a_second(tested: UnderTest) -> Finding:
    """The exercise's own rule. The best of three, for the machine may be busy."""
    best = min(tested.deliver(text_of(100, f"second {seed}")).delivery_seconds
               for seed in tested.rounds(3))
    reason = f"{best:.3f} s"
    return Finding(OK, reason) if best < 1 else Finding(KO, reason, causes.SLOW)


def survival(tested: UnderTest) -> Finding:
    """After everything: how often the server had to be started again because it had ended."""
    if tested.prints_pid is None:
        raise skip("no other check has started a server")
    if not tested.deaths:
        idle = f"; without a client it ends by itself after {tested.idle_seconds:.1f} s" \
            if tested.idle_seconds else ""
        return Finding(OK, f"the server lived through all checks{idle}")
    kinds = ", ".join(sorted(set(tested.deaths)))
    return Finding(KO, f"the server ended {len(tested.deaths)} times: {kinds}")


def bytes_lost(tested: UnderTest) -> Finding:
    """Over all messages of the run."""
    lost, sent = tested.bytes_lost, tested.bytes_sent
    share = f" ({100 * lost / sent:.2g} %)" if lost else ""
    return Finding(INFO if not lost else WARN, f"{lost:,} of {sent:,} bytes were in messages that "
                   f"did not arrive whole{share}")


def busy(tested: UnderTest) -> Finding:
    """Two processes that never sleep beside it, on any CPU."""
    quiet = tested.expected_seconds(LENGTH)
    pair = tested.pair()
    neighbours = [pair.run(BUSY) for _ in range(BUSY_PROCESSES)]
    exchange = pair.send(text_of(LENGTH, "busy"), 4 * tested.timeout(LENGTH))
    pair.finish(neighbours, 0)
    finding = tested.judge(exchange)
    if finding.status == OK:
        finding.reason += f"; {exchange.delivery_seconds / quiet:.1f} times as long as without"
    return finding


def spread(tested: UnderTest) -> Finding:
    """The same length again and again: how far the slowest is from the usual."""
    times = sorted(tested.deliver(text_of(100, f"spread {seed}")).delivery_seconds
                   for seed in tested.rounds(SPREAD_MESSAGES))
    middle, slowest = statistics.median(times), times[-1]
    high = times[int(0.9 * (len(times) - 1))]
    return Finding(OK, f"half of {len(times)} take up to {seconds_text(middle)}, nine tenths "
                   f"{seconds_text(high)}, the slowest {seconds_text(slowest)}",
                   figures={"seconds_p50": middle, "seconds_p90": high, "seconds_max": slowest})


def placed(which: str) -> Judge:
    """1,000 characters with both ends on one CPU, or on two."""
    def check(tested: UnderTest) -> Finding:
        cpus = sorted(os.sched_getaffinity(0))
        if which == "two" and len(cpus) < 2:
            raise skip("there is one CPU here")
        tested.restart((cpus[0], cpus[0] if which == "same" else cpus[1]))
        # A pair that is slow here is no fault: the pace was measured elsewhere.
        rates = [LENGTH / tested.expect(tested.started.send(
            text_of(LENGTH, f"{which} {number}"), 4 * tested.timeout(LENGTH))).delivery_seconds
            for number in tested.rounds(REPETITIONS)]
        tested.close()
        rate = statistics.median(rates)
        return Finding(OK, f"{rate_text(rate)} (median of {len(rates)})",
                       figures={"bytes_per_second": rate})
    return check


def idle(tested: UnderTest) -> Finding:
    """CPU time of a server to which nobody talks."""
    pair = tested.pair()
    pair.alive(0.2)
    before = pair.measure()["cpu_seconds"]
    pair.alive(IDLE_SECONDS)
    share = (pair.measure()["cpu_seconds"] - before) / IDLE_SECONDS
    status = OK if share <= IDLE_GOOD else WARN if share <= IDLE_BAD else KO
    return Finding(status, f"{100 * share:.0f} % of a CPU", causes.BUSY_WAIT if status != OK else
                   "", {"cpu_share": share})
