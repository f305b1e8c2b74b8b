"""Checks with several clients, with ends that are stopped or killed, and with strangers."""
import signal
import time

from minitalk.grade import causes, children, matching, watch
from minitalk.grade.subject import text_of
from minitalk.grade.verdict import KO, OK, SKIP, WARN, Verdict

UNDER_WAY_SECONDS = 0.4  # how long a message should last that something happens to
SHORTEST, LONGEST = 40, 20_000  # bytes of such a message
WORK_NS = 2_000_000  # of CPU: more than a hundred bits
WORK_SECONDS = 2
CALM_SECONDS = 0.03
OVERLAP_SECONDS, OVERLAP_LONGEST = 0.15, 4000  # of messages that are sent at once
KILLS = 5  # attempts to hit a client before its message is complete
FRAGMENT = 4  # bytes of a message in a row: no coincidence
STOPPED_SECONDS = 0.3  # long enough that whoever resends after a while does it


def at_once(count, rounds):
    """So many clients at the same moment; every message has to be there, whole."""
    def check(subject):
        length = lasting(subject, OVERLAP_SECONDS, OVERLAP_LONGEST)
        for number in range(rounds):
            texts = [text_of(length, f"{number} {i} of {count}") for i in range(count)]
            pair = subject.pair()
            clients = [pair.begin(text) for text in texts]
            exchanges = pair.finish(clients, subject.patience(count * length, count))
            for exchange in exchanges:
                subject.count(exchange)
            verdict = judge_crowd(subject, exchanges)
            if verdict.status == KO:
                verdict.reason = f"round {number + 1} of {rounds}: {verdict.reason}"
                return verdict
        return Verdict(OK, f"{rounds} rounds, every message whole")
    return check


def judge_crowd(subject, exchanges):
    bad = [exchange for exchange in exchanges if not exchange.exact()]
    if not bad:
        return Verdict(OK)
    verdict = subject.judge(bad[0], causes.SHARED_STATE)
    verdict.reason = (f"{len(exchanges) - len(bad)} of {len(exchanges)} messages are whole; "
                      f"{verdict.reason}")
    return verdict


def under_way(subject, seed):
    """A client in the middle of a message, and that message; None: it is too quick to catch."""
    pair = subject.pair()
    length = lasting(subject, UNDER_WAY_SECONDS, LONGEST)
    for _ in range(3):
        text = text_of(length, seed)
        time.sleep(CALM_SECONDS)  # until what it has worked before is accounted for
        before = watch.activity({pair.server.pid})
        client = pair.begin(text)
        await_work(pair, client, before)
        client.look(pair.server)
        if client.child.status is None and not client.exchange.delivered:
            return client
        pair.finish([client], subject.patience(length))
        length = min(LONGEST, 4 * length)
    return None


def lasting(subject, seconds, longest):
    """The length of a message that takes so long, within limits."""
    return int(min(longest, max(SHORTEST, seconds / (subject.pace_seconds or 1e-4))))


def await_work(pair, client, before):
    """Until the server has had work of this client. No fixed time would do: the same message takes
    ten times as long on a busy machine."""
    until = time.monotonic() + WORK_SECONDS
    while time.monotonic() < until and watch.activity({pair.server.pid}) - before < WORK_NS:
        if children.await_ends([client.child], 0.002):
            return


TOO_QUICK = Verdict(SKIP, "no message lasts long enough to do something in its middle")


def client_killed(subject):
    """A client dies in mid-message. The next one is served as if nothing had been."""
    for attempt in range(KILLS):
        client = under_way(subject, f"killed {attempt}")
        if client is None:
            break
        pair = subject.current
        client.child.signal(signal.SIGKILL)
        children.await_ends([client.child], 1)
        time.sleep(0.1)
        pair.finish([client], 0)
        if not pair.alive():
            reasons = subject.server_reasons(pair.server.status)
            return Verdict(KO, "; ".join(reasons), causes.OVERRUN)
        exchange = subject.send(text_of(80, f"after the kill {attempt}"))
        # Its last bit may have been taken before it died, although nothing was printed by then.
        if not client.matcher.find(pair.server.output):
            subject.memory["fragment"] = (client.matcher.text,
                                          bytes(pair.server.output[client.mark:]))
            return subject.judge(exchange, causes.STALE_STATE)
    return TOO_QUICK


def fragment(subject):
    """Of the message of the client that was killed nothing is to be seen."""
    if "fragment" not in subject.memory:
        return Verdict(SKIP, "no client was killed in mid-message (the check client-killed does "
                       "that)")
    text, output = subject.memory["fragment"]
    found = matching.align(text, matching.strip(output))
    if found.right < FRAGMENT:
        return Verdict(OK, "nothing of it was printed")
    part = matching.shown(text[:min(found.right, 16)])
    return Verdict(KO, f"{found.right:,} of its {len(text):,} bytes were printed: \"{part}...\"",
                   causes.PRINTS_EARLY)


def stopped(which):
    """SIGSTOP and SIGCONT to one end in mid-message: nothing may be lost."""
    def check(subject):
        client = under_way(subject, f"{which} stopped")
        if client is None:
            return TOO_QUICK
        pair = subject.current
        end = pair.server if which == "server" else client.child
        end.signal(signal.SIGSTOP)
        time.sleep(STOPPED_SECONDS)
        end.signal(signal.SIGCONT)
        exchange = pair.finish([client], subject.patience(len(client.matcher.text)))[0]
        subject.count(exchange)
        return subject.judge(exchange)
    return check


def server_killed(subject):
    """The server dies in mid-message; the one that is started next has to serve as ever."""
    client = under_way(subject, "server killed")
    if client is None:
        return TOO_QUICK
    pair = subject.current
    pair.server.signal(signal.SIGKILL)
    still = watch.Watch([client.child.pid])
    until = time.monotonic() + 5
    while (client.child.poll() is None and time.monotonic() < until
           and still.still_seconds() < watch.STILL_SECONDS):
        children.wait_for_news([client.child], 0.1)
    hangs = client.child.status is None
    subject.restart()
    verdict = subject.judge(subject.send(text_of(100, "a new server")))
    if verdict.status == OK and hangs:
        return Verdict(WARN, "the next server is fine; the client of the dead one never ends",
                       causes.NO_TIMEOUT)
    return verdict


def stray_signals(subject):
    """A process that is no client sends both signals, once each, while the server is idle."""
    pair = subject.pair()
    for name in ("USR1", "USR2"):
        stranger = children.Child(["sh", "-c", f"kill -{name} {pair.pid}; exec sleep 0.2"])
        children.await_ends([stranger], 2)
        stranger.end()
    exchange = subject.send(text_of(80, "after strangers"))
    return subject.judge(exchange, causes.STRANGER)
