"""Checks with several clients, with ends that are stopped or killed, and with strangers."""
import dataclasses
import shutil
import signal
import time

from minitalk.grade import causes
from minitalk.grade.under_test import Finding, Judge, KO, OK, skip, UnderTest, WARN
from minitalk.pairs.engine import Exchange
from minitalk.pairs.pair import RunningPair, text_of

UNDER_WAY_SECONDS = 0.4  # how long a message should last that something happens to
SHORTEST, LONGEST = 40, 20_000  # bytes of such a message
WORK_SECONDS = 0.002  # of CPU: more than a hundred bits
WORK_TIMEOUT_SECONDS = 2
OVERLAP_SECONDS, OVERLAP_LONGEST = 0.15, 4000  # of messages that are sent at once
SENDING = "kill,tkill,tgkill,rt_sigqueueinfo,rt_tgsigqueueinfo,pidfd_send_signal"
WAITING = "?pause,rt_sigsuspend,rt_sigtimedwait,pselect6,?poll,nanosleep,clock_nanosleep"
# Signals: at each bit of a byte, in turn before one is sent and after it.
KILL_AFTER = 1, 8, 2, 3, 4, 16, 6, 7, 8, 13, 14, 40, 22, 65, 82, 107, 150
NEXT_LENGTH = 16
SETTLE_SECONDS = 0.03
RECOVERY_SECONDS = 0.5, 1, 2, 4, 8
FRAGMENT = 4  # bytes of a message in a row: no coincidence
END_SECONDS = 16  # for the client of a dead server
STOPPED_SECONDS = 0.3  # long enough that whoever resends after a while does it
TOO_QUICK = skip("no message lasts long enough to do something in its middle")


def at_once(count: int, rounds: int) -> Judge:
    """So many clients at the same moment; every message has to be there, whole."""
    def check(tested: UnderTest) -> Finding:
        length = lasting(tested, OVERLAP_SECONDS, OVERLAP_LONGEST)
        for number in tested.rounds(rounds):
            texts = [text_of(length, f"{number} {i} of {count}") for i in range(count)]
            pair = tested.pair()
            clients = [pair.begin(text) for text in texts]
            exchanges = pair.finish(clients, tested.timeout(count * length, count))
            for exchange in exchanges:
                tested.count(exchange)
            bad = [exchange for exchange in exchanges if not exchange.exact()]
            if bad:
                tested.expect(bad[0], causes.SHARED_STATE, f"round {number + 1} of {rounds}: "
                              f"{count - len(bad)} of {count} messages are whole; ")
        return Finding(OK, f"{rounds} rounds, every message whole")
    return check


def under_way(tested: UnderTest, seed: object) -> int:
    """A client in the middle of a message; skips the check where it is too quick to catch."""
    pair = tested.pair()
    length = lasting(tested, UNDER_WAY_SECONDS, LONGEST)
    for _ in range(3):
        client, in_the_middle = pair.begin_and_await_work(text_of(length, seed), WORK_SECONDS,
                                                          WORK_TIMEOUT_SECONDS)
        if in_the_middle:
            return client
        pair.finish([client], tested.timeout(length))
        length = min(LONGEST, 4 * length)
    raise TOO_QUICK


def lasting(tested: UnderTest, seconds: float, longest: int) -> int:
    """The length of a message that takes so long, within limits."""
    return int(min(longest, max(SHORTEST, seconds / (tested.pace_seconds or 1e-4))))


def kill_after(tested: UnderTest, number: int, text: bytes) -> Exchange | None:
    """What there is of the message of a client that dies as it sends a signal, or, at odd numbers,
    as it waits for the answer: strace counts, for no time and no work of the server says how far a
    client has come. None: it ended before."""
    pair = tested.pair()
    calls, signals = WAITING if number % 2 else SENDING, KILL_AFTER[number]
    tracer = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}",
              "-e", f"inject={calls}:signal=KILL:when={signals}"]
    client = pair.run([*tracer, *(word.replace("{pid}", str(pair.pid)).replace(
        "{text}", text.decode()) for word in tested.implementation.client)])
    pair.await_end(client, max(1, tested.clock.left()))
    seen = pair.finish([client], 0)[0]
    time.sleep(SETTLE_SECONDS)
    return dataclasses.replace(seen, text=text) if seen.client_status == -signal.SIGKILL else None


def client_killed(tested: UnderTest) -> Finding:
    """A client dies after so many signals. The next one is served as if nothing had been."""
    if shutil.which("strace") is None:
        raise skip("strace is not installed: apt-get install strace")
    kills: list[Exchange] = []
    tested.memory["fragments"] = kills
    for number in tested.rounds(len(KILL_AFTER)):
        killed = kill_after(tested, number, text_of(80, f"killed {number}"))
        if killed is None:
            continue
        if not tested.started.alive():
            return Finding(KO, f"killed after signal {KILL_AFTER[number]}")
        exchange = tested.send(text_of(NEXT_LENGTH, f"after the kill {number}"))
        kills.append(tested.started.find(killed))
        if exchange.exact():
            continue
        where = f"killed after signal {KILL_AFTER[number]}: the next message: "
        seconds = recovery(tested)
        finding = tested.judge(exchange, causes.STALE_STATE)
        finding.reason = f"{where}{finding.reason}; {len(kills) - 1} kills before did no harm; "
        if seconds is None:
            finding.reason += "no recovery"
            return finding
        return Finding(WARN, f"{finding.reason}recovers after {seconds:.1f} s", finding.cause)
    if not kills:
        raise TOO_QUICK
    return Finding(OK, f"{len(kills)} kills after 1 to {KILL_AFTER[-1]} signals; the next message "
                   "is exact at once")


def recovery(tested: UnderTest) -> float | None:
    """After how many seconds a message is exact again; None: not in time, or the server has
    ended."""
    start = time.monotonic()
    for number, pause in enumerate(RECOVERY_SECONDS):
        if not tested.started.alive(min(pause, tested.clock.left())) or tested.clock.left() == 0:
            return None
        text = text_of(NEXT_LENGTH, f"recovery {number}")
        if tested.started.send(text, tested.timeout(len(text))).exact():
            return time.monotonic() - start
    return None


def fragment(tested: UnderTest) -> Finding:
    """Of the messages of clients that were killed nothing is to be seen."""
    kills: list[Exchange] = [killed for killed in tested.memory.get("fragments", ())
                             if not killed.delivered]
    if not kills:
        raise skip("no client was killed in mid-message (the check client-killed does that)")
    worst: Exchange = max(kills, key=lambda killed: int(killed.right_bytes))
    if worst.right_bytes < FRAGMENT:
        return Finding(OK, f"nothing was printed of {len(kills)} messages")
    part = worst.text[:min(worst.right_bytes, 16)].decode()
    return Finding(KO, f"{worst.right_bytes:,} of its {len(worst.text):,} bytes were printed: "
                   f"\"{part}...\"", causes.PRINTS_EARLY)


def stopped(which: str) -> Judge:
    """SIGSTOP and SIGCONT to one end in mid-message: nothing may be lost."""
    def check(tested: UnderTest) -> Finding:
        client = under_way(tested, f"{which} stopped")
        pair = tested.started
        end = None if which == "server" else client
        pair.signal(signal.SIGSTOP, end)
        time.sleep(STOPPED_SECONDS)
        pair.signal(signal.SIGCONT, end)
        exchange = pair.finish([client], tested.timeout(len(pair.texts[client])))[0]
        tested.count(exchange)
        return tested.judge(exchange)
    return check


def orphan(tested: UnderTest) -> Exchange | None:
    """What becomes of a client whose server is killed in mid-message; None: it was too quick. In a
    pair of its own, and to be asked for by `once`: it may take END_SECONDS, beside other checks."""
    with RunningPair(tested.implementation, still=END_SECONDS) as pair:
        pair.start()
        client, in_the_middle = pair.begin_and_await_work(
            text_of(lasting(tested, UNDER_WAY_SECONDS, LONGEST)), WORK_SECONDS,
            WORK_TIMEOUT_SECONDS)
        if not in_the_middle:
            return None
        pair.signal(signal.SIGKILL)
        pair.await_end(client, END_SECONDS)
        return pair.finish([client], 0)[0]


def server_killed(tested: UnderTest) -> Finding:
    """The server dies in mid-message; the one that is started next has to serve as ever."""
    seen = tested.once("orphan", lambda: orphan(tested))
    if seen is None:
        raise TOO_QUICK
    tested.restart()
    finding = tested.judge(tested.send(text_of(100, "a new server")))
    if finding.status != OK:
        return finding
    if seen.client_status is None:
        sleeps = f", asleep in {seen.client_sleeps_in}" if seen.client_sleeps_in else ""
        return Finding(WARN, "the next server is fine; the client of the dead one does not end "
                       f"within {END_SECONDS} s{sleeps}", causes.NO_TIMEOUT)
    finding.reason += f"; the client of the dead one ends after {seen.client_seconds:.1f} s"
    return finding


def stray_signals(tested: UnderTest) -> Finding:
    """A process that is no client sends both signals, once each, while the server is idle."""
    pair = tested.pair()
    for name in ("USR1", "USR2"):
        stranger(pair, name)
    exchange = tested.send(text_of(80, "after strangers"))
    return tested.judge(exchange, causes.STRANGER)


def stranger(pair: RunningPair, name: str) -> None:
    """A process that sends the server this signal and stays for a while."""
    number = pair.run(["sh", "-c", f"kill -{name} {pair.pid}; exec sleep 0.2"])
    pair.finish([number], 2)


def stray_within(tested: UnderTest) -> Finding:
    """The same in mid-message."""
    client = under_way(tested, "strangers within")
    for name in ("USR1", "USR2"):
        stranger(tested.started, name)
    exchange = tested.started.finish([client], tested.timeout(LONGEST))[0]
    tested.count(exchange)
    return tested.judge(exchange, causes.STRANGER)
