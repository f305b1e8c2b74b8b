"""The matrix: each client with each server, a fresh server for each, a few messages, and the first
one that is not understood ends it. Ours speaks the format of the other side, or looks for it."""
import dataclasses
import itertools
import os
import pathlib
import re
import statistics
import tempfile
from typing import Callable, Sequence

from minitalk import places
from minitalk.exit_status import Failed
from minitalk.pairs import pair as pairs
from minitalk.pairs.engine import Exchange, signal_name
from minitalk.pairs.pair import Cpus, Implementation, RunningPair, text_of

OURS = "minitalk"
OUR_TIMEOUT_SECONDS = 3  # of our client for an answer
ORDERS, POLARITIES = ("msb", "lsb"), ("usr1=0", "usr1=1")
FRAMINGS = ("nul", "len32", "len64")
ACKNOWLEDGEMENTS = ("bit", "byte")
BLIND = "ack=none,pause=300"  # works with a server that answers too, if nobody else disturbs
SECONDS_PER_BYTE = 0.02  # slower than any pair that was seen: 2 ms a bit
LONG = 1000  # characters
ROUNDS = 3  # of the long message, whose goodput is reported. No text begins with -, like an option.
TRIAL_SECONDS = 2
LISTEN_SECONDS = 5  # to a client: our server leaves it without answers at first
LOGGED = ("sh", "-c", 'exec "$@" 2>"$0"')  # a file and a command follow
# What a server may want besides, which does not show in its client.
UNHEARD = ("", ",end=none", ",pause=5000")
MESSAGES = [("short", b"Hello, stranger"), ("utf-8", "Grüße, мир, 世界, שלום, 🚀".encode()),
            *[(f"{LONG} characters", b"M" + text_of(LONG - 1, seed)) for seed in range(ROUNDS)]]
OUTCOMES = {
    "ok": "every message stood whole in the server's output",
    "garbled": "something else stood there",
    "hangs": "the client waited in vain and was killed",
    "refuses": "the client ended with an error",
    "dies": "a signal or an error ended one of the two",
    "nothing": "the client was content, and nothing was printed",
}


@dataclasses.dataclass
class Outcome:
    """What became of a client and a server."""
    client: str
    server: str
    wire_format: str | None  # what ours was told to speak, or found
    outcome: str = "ok"  # of OUTCOMES
    message: str | None = None  # the one that was not understood
    reason: str | None = None
    # Of the long messages, in bytes per second, the start of the client included.
    rates: list[float] = dataclasses.field(default_factory=list)

    def goodput(self) -> float | None:
        """Bytes per second; None: not understood."""
        return statistics.median(self.rates) if self.outcome == "ok" else None


@dataclasses.dataclass(frozen=True)
class Ours:
    """Our own programs, which speak whatever the other side does."""
    folder: pathlib.Path
    name: str = OURS
    classic: str | None = None
    heard: dict[str, str | None] = dataclasses.field(default_factory=dict)  # by name

    def server(self, partner: "Participant") -> Implementation:
        """For the client of `partner`. Its diagnostics are not on its output. It detects what was
        only heard: what ends a message may be missing there."""
        return self.speaking(*([] if partner is self else
                               ["--classic", partner.classic or "detect"]), "--quiet")

    def format_of(self, partner: "Participant") -> str | None:
        """As its manifest says, or as its client was heard to speak."""
        return partner.classic or self.heard.get(partner.name)

    def listen(self, partner: Implementation, cpus: Cpus) -> None:
        """What the client of `partner` speaks, as our server finds out from a message."""
        if partner.classic or partner.name in self.heard:
            return
        with tempfile.NamedTemporaryFile("r", encoding="utf-8", errors="replace") as log:
            server = self.speaking("--classic", "detect")
            server = dataclasses.replace(server, server=(*LOGGED, log.name, *server.server))
            with RunningPair(server, cpus, caller=partner) as pair:
                pair.start()
                if pair.status is None:
                    pair.send(MESSAGES[0][1], LISTEN_SECONDS)
            found = re.findall(r" speaks ([^ ;\n]+)(?:$|; its bits)", log.read(), re.MULTILINE)
        self.heard[partner.name] = found[0] if found else None

    def client(self, wire_format: str | None) -> Implementation:
        """None: the protocols of our own."""
        return self.speaking(*([] if wire_format is None else ["--classic", wire_format]))

    def speaking(self, *words: str) -> Implementation:
        server, client = (str(places.end_of(self.folder, end)) for end in ("server", "client"))
        return Implementation(
            self.name, self.folder, (server, *words),
            (client, *words, "--timeout", str(OUR_TIMEOUT_SECONDS), "{pid}", "{text}"))


Participant = Implementation | Ours


def read(paths: Sequence[pathlib.Path], our_folder: pathlib.Path | None) -> list[Participant]:
    """What the manifests describe, built and ready; ours first if there is a folder."""
    participants: list[Participant] = []
    if our_folder is not None:
        ours = Ours(our_folder.resolve())
        participants.append(ours)
        pairs.build(ours.speaking())
    for path in paths:
        participant = pairs.read(path)
        name = participant.name
        if name in {other.name for other in participants}:
            raise Failed(f"{path}: there are two called {name!r}; give it another \"name\"")
        pairs.build(participant)
        participants.append(participant)
    return participants


def run(participants: list[Participant], pin: str, timeout: float,
        report: Callable[[str], None]) -> list[Outcome]:
    """Each client with each server; `report` is called with what comes next."""
    allowed = sorted(os.sched_getaffinity(0))
    if pin == "cross" and len(allowed) < 2:
        raise Failed("--pin cross wants two CPUs, and there is one")
    cpus = (None, None) if pin == "none" else (allowed[0], allowed[pin == "cross"])
    outcomes = []
    for number, (client, server) in enumerate(itertools.product(participants, participants), 1):
        report(f"{number}/{len(participants) ** 2}  {client.name} calls {server.name}")
        outcomes.append(outcome_of(client, server, cpus, timeout))
    return outcomes


def outcome_of(client: Participant, server: Participant, cpus: Cpus, timeout: float) -> Outcome:
    for ours, partner in ((server, client), (client, server)):
        if isinstance(ours, Ours) and not isinstance(partner, Ours):
            ours.listen(partner, cpus)
    serving = server.server(client) if isinstance(server, Ours) else server
    wire_format = known_format(server, client)
    if not isinstance(client, Ours):
        return talk(client, serving, wire_format, cpus, timeout)
    if client is not server:
        wire_format = server.classic or search(client, serving, cpus)
        if wire_format is None:
            return Outcome(client.name, server.name, None, "refuses", MESSAGES[0][0],
                           f"none of the {len(blind_formats())} formats that were tried was "
                           "understood; its manifest may name one under \"classic\"")
    return talk(client.client(wire_format), serving, wire_format, cpus, timeout)


def known_format(server: Participant, client: Participant) -> str | None:
    """What the two are told to speak, for the record; None: they have nothing to be told."""
    ours = [side for side in (server, client) if isinstance(side, Ours)]
    if len(ours) != 1:
        return None
    return ours[0].format_of(client if ours[0] is server else server)


def talk(client: Implementation, server: Implementation, wire_format: str | None, cpus: Cpus,
         timeout: float) -> Outcome:
    """All messages, or as many as are understood."""
    found = Outcome(client.name, server.name, wire_format)
    with RunningPair(server, cpus, caller=client) as pair:
        pair.start()
        if pair.status is not None:
            found.outcome, found.reason = "dies", "the server ended uncalled"
            return found
        for name, text in MESSAGES:
            exchange = pair.send(text, timeout + len(text) * SECONDS_PER_BYTE)
            found.outcome, found.reason = judge(exchange)
            if found.outcome != "ok":
                found.message = name
                break
            if len(text) >= LONG:
                found.rates.append(len(text) / exchange.delivery_seconds)
    return found


def judge(exchange: Exchange) -> tuple[str, str | None]:
    """The outcome, one of OUTCOMES, and why it is not "ok"."""
    client, server = map(signal_name, (exchange.client_status, exchange.server_status))
    if exchange.exact():
        return "ok", None
    if client:
        return "dies", f"the client died of {client}"
    if exchange.server_status is not None:
        return "dies", (f"the server died of {server}" if server else
                        f"the server ended with status {exchange.server_status}")
    if not exchange.delivered and exchange.printed:
        return "garbled", exchange.first_wrong
    if exchange.client_status is None:
        arrived = "the message arrived, but " if exchange.delivered else ""
        serving, calling = (f" in {call}" if call else "" for call in
                            (exchange.server_sleeps_in, exchange.client_sleeps_in))
        return "hangs", arrived + (
            f"both stand still: the server{serving}, the client{calling}" if exchange.hung else
            "the client did not end in time")
    if exchange.client_status == 0:
        return "nothing", "the client ended with status 0, the server printed nothing"
    said = exchange.client_said.rpartition("\n")[2].strip() or "nothing"
    return "refuses", f"the client ended with status {exchange.client_status}: {said[:160]}"


def search(ours: Ours, server: Implementation, cpus: Cpus) -> str | None:
    """The format that a server understands, with its own output as the only evidence; None: none of
    those that ours speaks. First what its own client speaks. Then order, polarity and framing,
    blindly: their number is what matters, and a server that answers does not mind; and how it
    answers."""
    def understood(wire_format: str) -> bool:
        """Whether a short message arrives. Each trial has a server of its own."""
        with RunningPair(server, cpus, caller=ours.client(wire_format)) as pair:
            pair.start()
            return pair.status is None and pair.send(b"Hi 5", TRIAL_SECONDS).exact()
    heard = ours.format_of(server)
    for wire_format in [heard + more for more in UNHEARD] if heard else []:
        if understood(wire_format):
            return wire_format
    for blind in blind_formats():
        if understood(blind):
            return next((each for each in acknowledged(blind) if understood(each)), blind)
    return None


def blind_formats() -> list[str]:
    """Every order, polarity and framing, without waiting for answers; the usual ones first."""
    return [f"{order},{polarity},{framing},{BLIND}"
            for framing, order, polarity in itertools.product(FRAMINGS, ORDERS, POLARITIES)]


def acknowledged(blind: str) -> list[str]:
    """The same format with answers, each way there is."""
    return [blind.replace(BLIND, f"ack={each}") for each in ACKNOWLEDGEMENTS]
