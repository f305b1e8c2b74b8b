"""Checks with several clients, with ends that are stopped or killed, and with strangers."""
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
KILLS = 5  # attempts to hit a client before its message is complete
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


def client_killed(tested: UnderTest) -> Finding:
    """A client dies in mid-message. The next one is served as if nothing had been."""
    for attempt in range(KILLS):
        client = under_way(tested, f"killed {attempt}")
        pair = tested.started
        pair.signal(signal.SIGKILL, client)
        pair.await_end(client, 1)
        time.sleep(0.1)
        killed = pair.finish([client], 0)[0]
        if not pair.alive():
            reasons = tested.server_reasons(pair.status)
            return Finding(KO, "; ".join(reasons), causes.OVERRUN)
        exchange = tested.send(text_of(80, f"after the kill {attempt}"))
        # Its last bit may have been taken before it died, although nothing was printed by then.
        killed = pair.find(killed)
        if not killed.delivered:
            tested.memory["fragment"] = killed
            return tested.judge(exchange, causes.STALE_STATE)
    raise TOO_QUICK


def fragment(tested: UnderTest) -> Finding:
    """Of the message of the client that was killed nothing is to be seen."""
    if "fragment" not in tested.memory:
        raise skip("no client was killed in mid-message (the check client-killed does that)")
    killed = tested.memory["fragment"]
    if killed.right_bytes < FRAGMENT:
        return Finding(OK, "nothing of it was printed")
    part = killed.text[:min(killed.right_bytes, 16)].decode()
    return Finding(KO, f"{killed.right_bytes:,} of its {len(killed.text):,} bytes were printed: "
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
        stranger = pair.run(["sh", "-c", f"kill -{name} {pair.pid}; exec sleep 0.2"])
        pair.finish([stranger], 2)
    exchange = tested.send(text_of(80, "after strangers"))
    return tested.judge(exchange, causes.STRANGER)
