"""The implementation under test: a server that is started again when a check has spoiled it,
what is known of its speed, the judgement of one exchange, and the time that each check has."""
import dataclasses
import re
import time
from typing import Any, Callable, Iterator

from minitalk.grade import causes
from minitalk.pairs.engine import Exchange, signal_name
from minitalk.pairs.pair import Cpus, Implementation, LETTERS, RunningPair, START_SECONDS
from minitalk.results.reading import rate_text, seconds_text

OK, KO, WARN, INFO, SKIP = STATUSES = ("OK", "KO", "WARN", "INFO", "SKIP")

# A client that hangs is noticed otherwise: this is for those that go on asking in vain. A pair is
# six times as slow when the scheduler puts its ends on two CPUs, and slower still under load.
TIMEOUT_SECONDS = 4
TIMEOUT_FACTOR = 10
HARD_SECONDS = 80  # of a run without --full
FLOOR_SECONDS = 0.8  # kept for each check to come that has to run
REPETITIONS, REPETITION_SECONDS = 10, 0.6  # of what may fail now and then
STILL_SECONDS = 2.0, 0.8  # until a client that does nothing hangs; of a pair that has hung before
LOADED = 0.6  # of a CPU: who gets less shares it
IDLE_END_SECONDS = 15  # in which a server may end for want of clients
DYING_SECONDS = 1  # until a server that ends by itself has done so, on a busy machine
UNKNOWN_PACE = 0.002  # seconds a byte, until it is measured
PLAIN = LETTERS.encode()
RATED = 100  # bytes, from which on a rate says something


@dataclasses.dataclass
class Finding:
    """`reason`: one line, what was seen. `cause`: for a KO, what it usually comes from."""
    status: str
    reason: str = ""
    cause: str = ""
    figures: dict[str, Any] = dataclasses.field(default_factory=dict)


class Decided(Exception):
    """Ends a check early, with this finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.reason)
        self.finding = finding


def skip(reason: str) -> Decided:
    """To be raised: the check cannot be made here."""
    return Decided(Finding(SKIP, reason))


class Clock:
    """The time of a run: each check has a cap of its own. Safety and correctness always run, whole,
    and something is kept for those to come; speed and endurance have what is left of `budget`
    seconds. None: no limit."""

    def __init__(self, budget: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.budget = budget
        self.now = clock
        self.start = clock()
        self.deadline = float("inf")  # of the check that runs

    def elapsed(self) -> float:
        return self.now() - self.start

    def begin(self, cap: float, least: float, to_come: int) -> None:
        """A check begins, which gets at least so many seconds. `to_come`: how many of those that
        have to run follow it; 0 also for the others."""
        if self.budget is None:
            return
        end = HARD_SECONDS - FLOOR_SECONDS * to_come if to_come else self.budget
        least = min(least, max(0.0, HARD_SECONDS - self.elapsed()))
        self.deadline = self.now() + max(least, min(cap, end - self.elapsed()))

    def left(self) -> float:
        """Of the check's time."""
        return max(0.0, self.deadline - self.now())


class UnderTest:
    """Holds one RunningPair at a time. End it with `close`."""

    def __init__(self, implementation: Implementation, clock: Clock) -> None:
        self.implementation = implementation
        self.clock = clock
        self.current: RunningPair | None = None
        self.prints_pid: bool | None = None  # whether the first server did
        self.startup_seconds = 0.02
        self.pace_seconds: float | None = None  # a byte, in the last message that shows it
        self.slowest_pace_seconds = 0.0
        self.answers: float | None = None  # of the server, signals a byte, by what strace saw
        self.waits_for_signals = False  # whether a client was seen to
        self.unreliable = False  # whether it has lost bits of a plain message
        self.can_probe = True
        self.hangs = 0
        self.done, self.of = 0, 1  # parts of the check that runs
        self.allowed = float("inf")  # the timeout of the last message
        self.deaths: list[str] = []  # of servers, in words
        self.ended: list[str] = []  # those that the check that runs has yet to tell
        self.noted: RunningPair | None = None  # whose end has been told
        self.idle_seconds: float | None = None  # after which a server ends; 0: it does not
        self.bytes_sent = self.bytes_lost = 0
        self.memory: dict[str, Any] = {}  # what one check leaves for another

    def pair(self) -> RunningPair:
        """A pair with a living server. That another one had to be started is a finding."""
        self.note_end()
        if self.current is None or not self.current.alive():
            self.restart()
        return self.started

    def note_end(self) -> None:
        """If the server has ended, outside of an exchange, what is to be said of it."""
        if self.current is None or self.current is self.noted or self.current.alive():
            return
        self.noted = self.current
        status, said = self.current.status, self.current.said
        if status != 0 or not self.ends_when_idle():
            self.ended += self.server_reasons(status, said)

    def ends_when_idle(self) -> bool:
        """Whether a server to which nobody talks ends so too: it is meant to."""
        if self.idle_seconds is None:
            with RunningPair(self.implementation) as pair:
                pair.start()
                start = time.monotonic()
                by_design = pair.alive() and not pair.alive(IDLE_END_SECONDS) and pair.status == 0
                self.idle_seconds = time.monotonic() - start if by_design else 0.0
        return self.idle_seconds > 0

    @property
    def started(self) -> RunningPair:
        """The pair as it is now. REQUIRES: one has been started."""
        assert self.current is not None
        return self.current

    def restart(self, cpus: Cpus = (None, None)) -> None:
        """Another server: what went wrong with the last one is not to spoil the next check.
        `cpus`: of server and clients, as RunningPair has them."""
        self.close()
        self.current = RunningPair(self.implementation, cpus,
                                   still=STILL_SECONDS[self.hangs > 1])
        printed = self.current.start(START_SECONDS if self.prints_pid is not False else 0.3)
        self.prints_pid = printed if self.prints_pid is None else self.prints_pid

    def gone(self) -> bool:
        """Whether no server stays alive, even when nobody talks to it."""
        if self.current is None or self.current.alive():
            return False
        self.restart()
        return not self.current.alive(DYING_SECONDS)

    def close(self) -> None:
        if self.current:
            self.current.stop()
        self.current = None

    def expected_seconds(self, length: int, messages: int = 1) -> float:
        """What so many bytes in so many messages should take."""
        pace = UNKNOWN_PACE if self.pace_seconds is None else self.pace_seconds
        return length * pace + messages * self.startup_seconds

    def timeout(self, length: int, messages: int = 1) -> float:
        """In which so many bytes have to arrive, within the time that the check has."""
        pace = UNKNOWN_PACE if self.pace_seconds is None else self.slowest_pace_seconds
        expected = length * pace + messages * self.startup_seconds
        self.allowed = min(TIMEOUT_SECONDS + TIMEOUT_FACTOR * expected,
                           max(FLOOR_SECONDS, self.clock.left()))
        return self.allowed

    def rounds(self, count: int) -> Iterator[int]:
        """Numbers for as many parts of a check; ends it where the next would not fit its time."""
        start = self.clock.now()
        self.done, self.of = 0, count
        for number in range(count):
            if number and (self.clock.now() - start) / number > self.clock.left():
                raise self.too_slow()
            yield number
            self.done = number + 1

    def too_slow(self, why: str = "") -> Decided:
        """To be raised: the check's time is over."""
        exact = ", all exact" if self.done else ""
        return Decided(Finding(WARN, f"too slow: {self.done:,} of {self.of:,} done{exact}"
                               f"{why}; --full takes the time"))

    def require_time(self, length: int) -> None:
        """Ends the check if a message of so many bytes takes more than it has."""
        expected = self.expected_seconds(length)
        if self.pace_seconds and expected > self.clock.left():
            raise self.too_slow(f": {length:,} bytes take this pair some {expected:.0f} s")

    def repeated(self, trial: Callable[[], Finding]) -> Finding:
        """The finding on what may fail now and then: tried again while that is quick, and, once it
        has failed, to see how often."""
        start, findings = self.clock.now(), [trial()]
        while len(findings) < REPETITIONS:
            bad = [finding for finding in findings if finding.status == KO]
            left = self.clock.left() if bad else start + REPETITION_SECONDS - self.clock.now()
            if (self.clock.now() - start) / len(findings) > left:
                break
            findings.append(trial())
        bad = [finding for finding in findings if finding.status == KO]
        if bad and len(findings) > 1:
            good = len(findings) - len(bad)
            bad[0].reason = f"{good} of {len(findings)} exact: {bad[0].reason}"
            bad[0].figures = {"exact": good, "repetitions": len(findings)}
        return bad[0] if bad else findings[0]

    def send(self, text: bytes) -> Exchange:
        """Learns the pace, too, where the message is long enough to show it."""
        exchange = self.pair().send(text, self.timeout(len(text)))
        self.count(exchange)
        seconds = exchange.seconds or 0.0
        if exchange.delivered and len(text) <= 1:
            self.startup_seconds = max(0.002, exchange.client_seconds or seconds)
        elif exchange.delivered and len(text) >= RATED:
            self.pace_seconds = max(seconds - self.startup_seconds, seconds / 4) / len(text)
            self.slowest_pace_seconds = max(self.slowest_pace_seconds, self.pace_seconds)
        return exchange

    def count(self, exchange: Exchange) -> None:
        self.bytes_sent += len(exchange.text)
        self.bytes_lost += 0 if exchange.delivered else len(exchange.text)
        self.waits_for_signals |= exchange.takes_signals
        self.hangs += exchange.hung

    def exact(self, text: bytes) -> Finding:
        """The finding on one message."""
        self.require_time(len(text))
        return self.judge(self.send(text))

    def expect(self, exchange: Exchange, doing: str | None = None, where: str = "") -> Exchange:
        """The same one. If it is not exact the check ends here, with what `judge` finds; `where`
        begins its reason."""
        if not exchange.exact():
            finding = self.judge(exchange, doing)
            finding.reason = where + finding.reason
            raise Decided(finding)
        return exchange

    def deliver(self, text: bytes, doing: str | None = None, where: str = "") -> Exchange:
        return self.expect(self.send(text), doing, where)

    def in_a_row(self, texts: list[bytes]) -> Finding:
        """The finding on several messages, one after the other."""
        self.require_time(len(texts[0]))
        seconds = sum(self.deliver(texts[number], where=f"message {number + 1} of {len(texts)}: ")
                      .delivery_seconds for number in self.rounds(len(texts)))
        rate = sum(map(len, texts)) / seconds
        return Finding(OK, f"{len(texts)} exact, {rate_text(rate)}",
                       figures={"bytes_per_second": rate})

    def once(self, name: str, work: Callable[[], Any]) -> Any:
        """What that gives, or how it ends a check, is found once for all checks."""
        if name not in self.memory:
            try:
                self.memory[name] = work()
            except Decided as early:
                self.memory[name] = early
        if isinstance(self.memory[name], Decided):
            raise self.memory[name]
        return self.memory[name]

    def judge(self, exchange: Exchange, doing: str | None = None) -> Finding:
        """OK, or KO with the reason and the usual cause; then the server is another one. `doing`:
        a cause that the check knows better."""
        if exchange.exact():
            rate = {"bytes_per_second": len(exchange.text) / exchange.delivery_seconds} \
                if len(exchange.text) >= RATED else {}
            escaped = ", control characters shown escaped, as on a terminal they should be"
            return Finding(OK, seconds_text(exchange.delivery_seconds)
                           + (f", {rate_text(rate['bytes_per_second'])}" if rate else "")
                           + (escaped if exchange.escaped else ""), figures=rate)
        if exchange.timed_out and not exchange.delivered and self.pace_seconds and \
                1.5 * self.expected_seconds(len(exchange.text)) > self.allowed:
            self.restart()
            raise self.too_slow(f" in {self.allowed:.0f} s")
        finding = Finding(KO, "; ".join(self.reasons(exchange)))
        if "held back" in finding.reason:
            finding.cause = causes.FLUSH
        else:
            seen = causes.of_exchange(exchange, self.answers)
            # Whoever loses plain messages loses them everywhere: no other cause is needed.
            known = doing is None or self.unreliable or seen in causes.STRONG
            finding.cause = seen if known else doing or ""
            self.unreliable |= doing is None and exchange.text.translate(None, PLAIN) == b"" \
                and not exchange.delivered and exchange.server_status is None
        self.restart()
        return finding

    def reasons(self, exchange: Exchange) -> list[str]:
        """What is wrong with an exchange, in words."""
        # What a server says besides is no wrong byte.
        wrong = re.sub("^byte 1 of .*, and what came is", "nothing of it arrived; what came is",
                       exchange.first_wrong)
        texts = ["it arrived" if exchange.delivered else
                 "held back until the next message" if self.is_held_back(exchange) else wrong]
        died = signal_name(exchange.client_status)
        if died:
            texts.append(f"the client died of {died}")
        texts += self.server_reasons(exchange.server_status, exchange.server_said)
        if exchange.client_status is None:
            texts.append(standstill(exchange))
        elif exchange.client_status > 0:
            texts.append(f"the client ended with status {exchange.client_status}"
                         + quoted(exchange.client_said))
        return texts

    def and_alive(self, finding: Finding) -> Finding:
        """The finding of a check, if the servers have lived through it."""
        self.note_end()
        ended, self.ended = self.ended, []
        if ended:
            reasons = [finding.reason, *ended] if finding.status == KO else [*ended, finding.reason]
            finding.status, finding.reason = KO, "; ".join(filter(None, reasons))
        return finding

    def server_reasons(self, status: int | None, said: str) -> list[str]:
        """`said`: its last words are quoted."""
        if status is None:
            return []
        died = signal_name(status)
        text = f"died of {died}" if died else f"ended with status {status}"
        self.deaths.append(text)
        return [f"the server {text}{quoted(said)}"]

    def is_held_back(self, exchange: Exchange) -> bool:
        """Whether a missing message appears once the next one is sent."""
        if not self.can_probe or exchange.client_status is None or not self.started.alive():
            return False
        probe = self.started.send(b"probe", TIMEOUT_SECONDS)
        self.can_probe = probe.client_status is not None
        return self.started.find(exchange).delivered


def quoted(said: str) -> str:
    """The last words of a program, for the end of a reason."""
    text = said[-60:].replace("\n", "\\n")
    return f': "{text}"' if text else ""


def standstill(exchange: Exchange) -> str:
    """Why its client was killed."""
    if exchange.server_status is not None:
        return "the client went on waiting"
    server, client = (f" in {call}" if call else "" for call in
                      (exchange.server_sleeps_in, exchange.client_sleeps_in))
    if exchange.hung:
        return f"it hangs: the client sleeps{client}, the server{server}"
    return "the client did not end" if exchange.delivered else "given up: it took too long"


def cpu_share(seconds: float = 0.02) -> float:
    """Of a CPU, for a process that wants it all: less than one beside others."""
    wall, cpu = time.monotonic(), time.process_time()
    while time.monotonic() - wall < seconds:
        pass
    return (time.process_time() - cpu) / (time.monotonic() - wall)


Judge = Callable[[UnderTest], Finding]  # a check
