"""Checks of what a message may consist of and how long it may be. Each takes the Subject."""
import re
import string

from minitalk.grade import causes
from minitalk.grade.subject import Judge, Subject, text_of
from minitalk.grade.verdict import INFO, KO, OK, SKIP, Verdict, WARN

PRINTABLE = bytes(range(0x20, 0x7F))
# A family and a pirates' flag of several joined characters, and right-to-left text with marks.
UTF_8 = ("Grüße, 你好 \U0001F469\u200D\U0001F467\u200D\U0001F466 \U0001F3F4\u200D\u2620\uFE0F "
         "\u202Eשלום עולם\u202C مرحبا بالعالم e\u0301")
SCRIPTS = ("Ελληνικά Кириллица Հայերեն ქართული עברית العربية हिन्दी বাংলা தமிழ் ไทย 한국어 日本語 中文 "
           "አማርኛ ᏣᎳᎩ ᚠᚢᚦᚨᚱᚲ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𒀀𒁀 🜚 ∀x∈ℝ:⌈x⌉ ½ ﷽")
HIGH_BYTES = b"high:" + bytes(range(0x80, 0x100)) + b":end"
FORMAT = b"%s%n%d%x%p%%%1$s %100000d \\n \\0 $HOME `id` ${x}"
NEWLINES = b"first line\nsecond line\n\nfourth, behind an empty one\ttab\nlast"
BLANKS = b"   three blanks before, two within:  and four behind    "


def pid_printed(subject: Subject) -> Verdict:
    """Right after the start, before anybody sends a thing."""
    pair = subject.pair()
    said = pair.said.replace("\n", "\\n")
    if pair.prints_pid:
        return Verdict(OK, f"{pair.pid}")
    if not pair.alive():
        return Verdict(KO, f"the server ended at once, with status {pair.status}: "
                       f"\"{said[-60:]}\"")
    others = re.findall(r"\d{2,18}", said)
    if others:
        return Verdict(KO, f"it prints {others[-1]}, and its pid is {pair.pid}",
                       "usually getpid() before a fork, or a number of another meaning")
    if not said:
        return Verdict(KO, "nothing was printed", causes.FLUSH)
    return Verdict(KO, f"no pid in \"{said[:60]}\"")


def one_character(subject: Subject) -> Verdict:
    """A character that no banner holds, so that it cannot be taken for one."""
    said = subject.pair().said
    char = next(char for char in string.ascii_uppercase + string.printable if char not in said)
    subject.exact(char.encode())  # the first of all also warms up
    return subject.exact(char.encode())


def of_length(length: int) -> Judge:
    return lambda subject: subject.exact(text_of(length))


def longest(subject: Subject) -> Verdict:
    """As long as one argument of a process may be."""
    return subject.exact(text_of(subject.implementation.longest_text()))


def of(text: str | bytes, hint: str | None = None) -> Judge:
    """Exactly these bytes. `hint`: what a failure with them usually means."""
    data = text.encode() if isinstance(text, str) else text
    return lambda subject: subject.judge(subject.send(data), hint)


def in_a_row(count: int, length: int) -> Judge:
    return lambda subject: subject.in_a_row([text_of(length, seed) for seed in range(count)])


def repeated(subject: Subject) -> Verdict:
    """The same text each time, so only a growing output tells that it came."""
    return subject.in_a_row([text_of(60)] * 10)


def empty(subject: Subject) -> Verdict:
    """What it prints for an empty message is its own affair; the next one has to be exact."""
    exchange = subject.send(b"")
    verdict = subject.judge(exchange, causes.NUL_FRAMING)
    if verdict.status == KO:
        return verdict
    after = subject.judge(subject.send(text_of(40, "after an empty one")), causes.NUL_FRAMING)
    if after.status == KO:
        after.reason = f"the next message: {after.reason}"
        return after
    return Verdict(OK, "and the next message is exact")


def within_a_second(subject: Subject) -> Verdict:
    """The exercise's own rule. The best of three, for the machine may be busy."""
    exchanges = []
    for seed in range(3):
        exchanges.append(subject.send(text_of(100, f"second {seed}")))
        if not exchanges[-1].exact():
            return subject.judge(exchanges[-1])
    best = min(exchange.delivery_seconds for exchange in exchanges)
    reason = f"{best:.3f} s"
    return Verdict(OK, reason) if best < 1 else Verdict(KO, reason, causes.SLOW)


def survival(subject: Subject) -> Verdict:
    """After everything: how often the server had to be started again because it had ended."""
    if subject.prints_pid is None:
        return Verdict(SKIP, "no other check has started a server")
    if not subject.deaths:
        return Verdict(OK, "the server lived through all checks")
    kinds = ", ".join(sorted(set(subject.deaths)))
    return Verdict(KO, f"the server ended {len(subject.deaths)} times: {kinds}", causes.OVERRUN)


def bytes_lost(subject: Subject) -> Verdict:
    """Over all messages of the run."""
    lost, sent = subject.bytes_lost, subject.bytes_sent
    share = f" ({100 * lost / sent:.2g} %)" if lost else ""
    return Verdict(INFO if not lost else WARN, f"{lost:,} of {sent:,} bytes were in messages that "
                   f"did not arrive whole{share}")
