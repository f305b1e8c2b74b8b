"""A server that runs, and clients that talk to it: one exchange is one client and what became of
its message. Every wait has a limit; a client that hangs is noticed after two seconds."""
import dataclasses
import re
import time

from minitalk.grade import children, matching, watch

START_SECONDS = 5  # for a server to print its pid
SETTLE_SECONDS = 0.4  # of silence after the last client has ended
STEP_SECONDS = 0.1
ASK_SECONDS = 0.02  # between two looks at whether a client waits for signals
LINGER_SECONDS = 3  # a client whose message has arrived has to end within that


@dataclasses.dataclass
class Exchange:
    """One message and all that could be seen. Times in seconds from the client's start."""
    text: bytes
    delivered: bool = False
    escaped: bool = False  # shown as text in which control characters are escaped
    seconds: float | None = None  # until the whole message stood in the output
    client_seconds: float | None = None  # until the client ended by itself
    client_status: int | None = None  # None: it hung and was killed
    client_output: bytes = b""
    server_status: int | None = None  # None: it lives
    output: bytes = b""  # what is new in the server's output
    deadlocked: bool = False  # the client waited, and did nothing any more
    timed_out: bool = False
    sleeps: tuple = (None, None)  # what server and client sleep in, if they hang
    waits_for_signals: bool = False  # the client takes signals: there are acknowledgements

    def exact(self):
        """Nothing at all to object to."""
        return (self.delivered and self.client_status is not None and self.client_status >= 0
                and self.server_status is None)

    def first_wrong(self):
        return matching.first_wrong(self.text, self.output)


class Client:
    """A client under way, with the message that it has to deliver."""

    def __init__(self, child, text, server_mark):
        self.child = child
        self.matcher = matching.Matcher(text, server_mark)
        self.mark = server_mark
        self.exchange = Exchange(text)
        self.asked = child.start_time

    def look(self, server):
        """Notes what has happened since."""
        exchange = self.exchange
        if not exchange.delivered and self.matcher.find(server.output):
            exchange.delivered = True
            exchange.seconds = time.monotonic() - self.child.start_time
        if exchange.client_status is None and self.child.status is not None:
            exchange.client_status = self.child.status
            exchange.client_seconds = self.child.end_time - self.child.start_time
        asks = self.child.status is None and not exchange.waits_for_signals
        if asks and time.monotonic() - self.asked > ASK_SECONDS:
            self.asked = time.monotonic()
            exchange.waits_for_signals = watch.takes_signals(self.child.pid)

    def done(self):
        return self.exchange.delivered and self.child.status is not None


class Pair:
    """A server and its clients. Use it in a with-block; `start` before anything else.

    `server_prefix`, `client_prefix`: words of a program that runs them, such as a tracer.
    `cpus`: where the two run, as a pair of sets; None: anywhere. `slowness`: of those programs,
    by which every limit is stretched. `caller`: whose client it is; None: the server's own."""

    def __init__(self, implementation, cpus=(None, None), server_prefix=(), client_prefix=(),
                 slowness=1, caller=None):
        self.implementation = implementation
        self.caller = caller or implementation
        self.cpus = cpus
        self.server_prefix, self.client_prefix = list(server_prefix), list(client_prefix)
        self.slowness = slowness
        self.server = None
        self.clients = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, limit=START_SECONDS):
        """Starts the server and waits for its pid on its output. True: it is there."""
        self.server = children.Child([*self.server_prefix, *self.implementation.server],
                                     self.implementation.folder, self.cpus[0], guarded=True)
        self.pid = self.server.pid
        return self.await_pid(limit * self.slowness)

    def await_pid(self, limit):
        until = time.monotonic() + limit
        still = watch.Watch([self.server.pid])
        while time.monotonic() < until:
            if self.server_prefix and self.server_prefix[0].endswith("strace"):
                self.pid = traced(self.server.pid)
            if self.prints_pid():
                return True
            if self.server.poll() is not None:
                return False
            # Whoever sleeps without having printed it will not print it later.
            if still.still_seconds() > watch.STILL_SECONDS * self.slowness:
                return False
            children.wait_for_news([self.server], STEP_SECONDS)
        return False

    def prints_pid(self):
        return printed_number(bytes(self.server.output), self.pid)

    def alive(self):
        return self.server is not None and self.server.poll() is None

    def stop(self):
        """Ends the server and every client."""
        for client in self.clients:
            client.child.end()
        self.clients = []
        if self.server:
            self.server.end()

    def begin(self, text, pid=None, **options):
        """Starts a client with a message. `finish` it later."""
        words = self.caller.client_words(self.pid if pid is None else pid, text)
        mark = len(self.server.output)
        child = children.Child([*self.client_prefix, *words], self.caller.folder,
                               self.cpus[1], **options)
        client = Client(child, text, mark)
        self.clients.append(client)
        return client

    def send(self, text, limit):
        """One Exchange, from start to end, of at most `limit` seconds or little more."""
        return self.finish([self.begin(text)], limit)[0]

    def finish(self, clients, limit):
        """Waits until all messages are there and the clients have ended, or no longer can."""
        started = time.monotonic()
        pids = [client.child.pid for client in clients]
        # Bits come from clients alone. A server may look at its clock now and then.
        senders, everybody = watch.Watch(pids), watch.Watch([self.server.pid, *pids])
        since = {}  # when each state that cannot last was first seen
        while True:
            self.look(clients)
            hangs = senders.still_seconds() > watch.STILL_SECONDS * self.slowness
            timed_out = time.monotonic() - started > limit * self.slowness
            if (all(client.done() for client in clients) or hangs or timed_out
                    or self.is_over(clients, since, everybody)):
                break
            children.wait_for_news([self.server, *(c.child for c in clients)], STEP_SECONDS)
        return [self.conclude(client, hangs, timed_out) for client in clients]

    def is_over(self, clients, since, everybody):
        """Whether nothing more is to be expected, although not everything is as it should be."""
        ended = all(client.child.status is not None for client in clients)
        states = ((self.server.status is not None, SETTLE_SECONDS),
                  (ended and everybody.still_seconds() > SETTLE_SECONDS, SETTLE_SECONDS),
                  (ended, watch.STILL_SECONDS),  # a server that is never still
                  (all(client.exchange.delivered for client in clients), LINGER_SECONDS))
        now = time.monotonic()
        return any(now - since.setdefault(number, now) > seconds * self.slowness
                   for number, (holds, seconds) in enumerate(states) if holds)

    def look(self, clients):
        for client in clients:
            client.child.poll()
        self.server.poll()
        for client in clients:
            client.look(self.server)

    def conclude(self, client, deadlocked, timed_out):
        """The exchange as it stands; a client that still runs is killed."""
        self.look([client])
        exchange = client.exchange
        if client.child.status is None:
            exchange.sleeps = (watch.sleeps_in(self.pid), watch.sleeps_in(client.child.pid))
            exchange.deadlocked, exchange.timed_out = deadlocked, timed_out
        client.child.end()
        exchange.escaped = client.matcher.is_escaped()
        exchange.client_output = bytes(client.child.output)
        exchange.server_status = self.server.status
        exchange.output = bytes(self.server.output[client.mark:])
        self.clients.remove(client)
        return exchange


def printed_number(output, number):
    """Whether a number stands there as a word of its own."""
    return re.search(rb"(?<!\d)%d(?!\d)" % number, matching.strip(output)) is not None


def printed_numbers(output):
    """All numbers of two digits or more."""
    return [int(word) for word in re.findall(rb"\d{2,18}", matching.strip(output))]


def traced(pid):
    """The process that a tracer has started; the tracer itself until it has."""
    return next((child for child, fields in children.running()
                 if int(fields[1]) == pid and fields[0] != b"Z"), pid)
