"""The matrix: each client with each server, a fresh server for each, a few messages, and the first
one that is not understood ends it."""
import dataclasses
import os
import statistics
from typing import Callable

from minitalk.exit_status import Failed
from minitalk.grade.manifest import Implementation
from minitalk.grade.pair import Cpus, Pair
from minitalk.grade.subject import text_of
from minitalk.interop import outcomes, sides
from minitalk.interop.sides import Ours, Party

SECONDS_PER_BYTE = 0.02  # slower than any pair that was seen: 2 ms a bit
LONG = 1000  # characters
ROUNDS = 3  # of the long message, whose goodput is told. No text begins with -, like an option.
TRIAL_SECONDS = 2
MESSAGES = [("short", b"Hello, stranger"), ("utf-8", "Grüße, мир, 世界, שלום, 🚀".encode()),
            *[(f"{LONG} characters", b"M" + text_of(LONG - 1, seed)) for seed in range(ROUNDS)]]


@dataclasses.dataclass
class Meeting:
    """What became of a client and a server."""
    client: str
    server: str
    wire_format: str | None  # what ours was told to speak, or found
    outcome: str = outcomes.OK
    message: str | None = None  # the one that was not understood
    reason: str | None = None
    # Of the long messages, in bytes per second.
    rates: list[float] = dataclasses.field(default_factory=list)

    def goodput(self) -> float | None:
        """Bytes per second, the start of the client included; None: nobody understood."""
        return statistics.median(self.rates) if self.outcome == outcomes.OK else None


def run(parties: list[Party], pin: str, timeout: float,
        tell: Callable[[str, str], None]) -> list[Meeting]:
    """Every Meeting. `tell` is called before each, with its client and server."""
    cpus = placement(pin, sorted(os.sched_getaffinity(0)))
    met = []
    for client in parties:
        for server in parties:
            tell(client.name, server.name)
            met.append(meet(client, server, cpus, timeout))
    return met


def placement(pin: str, allowed: list[int]) -> Cpus:
    """The CPUs of server and client, as Pair has them."""
    if pin == "none":
        return None, None
    if pin == "cross" and len(allowed) < 2:
        raise Failed("--pin cross wants two CPUs, and there is one")
    return allowed[0], allowed[pin == "cross"]


def meet(client: Party, server: Party, cpus: Cpus, timeout: float) -> Meeting:
    serving = sides.server_of(server, client)
    wire_format = sides.known_format(server, client)
    if not isinstance(client, Ours):
        return talk(client, serving, wire_format, cpus, timeout)
    if client is not server:
        found = wire_format or search(client, serving, cpus)
        if found is None:
            return Meeting(client.name, server.name, None, outcomes.REFUSES, MESSAGES[0][0],
                           f"none of the {len(sides.blind_formats())} formats that were tried was "
                           "understood; its manifest may name one under \"classic\"")
        return talk(client.client(found), serving, found, cpus, timeout)
    return talk(client.client(None), serving, None, cpus, timeout)


def talk(client: Implementation, server: Implementation, wire_format: str | None, cpus: Cpus,
         timeout: float) -> Meeting:
    """All messages, or as many as are understood."""
    meeting = Meeting(client.name, server.name, wire_format)
    with Pair(server, cpus, caller=client) as pair:
        pair.start()
        if pair.status is not None:
            meeting.outcome, meeting.reason = outcomes.DIES, "the server ended uncalled"
            return meeting
        for name, text in MESSAGES:
            exchange = pair.send(text, timeout + len(text) * SECONDS_PER_BYTE)
            meeting.outcome = outcomes.outcome_of(exchange)
            if meeting.outcome != outcomes.OK:
                meeting.message, meeting.reason = name, outcomes.reason_of(exchange)
                break
            if len(text) >= LONG:
                meeting.rates.append(len(text) / exchange.delivery_seconds)
    return meeting


def search(ours: Ours, server: Implementation, cpus: Cpus) -> str | None:
    """The format that a server understands, with its own output as the only evidence; None: none of
    those that ours speaks. Order, polarity and framing first, blindly: their number is what
    matters, and a server that answers does not mind. Then how it answers."""
    blind = next((each for each in sides.blind_formats() if understood(ours, server, each, cpus)),
                 None)
    if blind is None:
        return None
    return next((each for each in sides.acknowledged(blind)
                 if understood(ours, server, each, cpus)), blind)


def understood(ours: Ours, server: Implementation, wire_format: str | None, cpus: Cpus) -> bool:
    """Whether a short message arrives. Each trial has a server of its own."""
    with Pair(server, cpus, caller=ours.client(wire_format)) as pair:
        pair.start()
        return pair.status is None and pair.send(b"Hi 5", TRIAL_SECONDS).exact()
