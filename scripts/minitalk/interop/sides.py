"""The parties of a matrix, and how two of them are made to talk: which format ours speaks."""
import dataclasses
import itertools
import pathlib
from typing import Sequence

from minitalk import places
from minitalk.exit_status import Failed
from minitalk.grade import manifest
from minitalk.grade.manifest import Implementation

OURS = "minitalk"
OUR_TIMEOUT_SECONDS = 3  # of our client for an answer
ORDERS, POLARITIES = ("msb", "lsb"), ("usr1=0", "usr1=1")
FRAMINGS = ("nul", "len32", "len64")
ACKNOWLEDGEMENTS = ("bit", "byte")
BLIND = "ack=none,pause=300"  # works with a server that answers too, if nobody else disturbs


@dataclasses.dataclass(frozen=True)
class Ours:
    """Our own programs, which speak whatever the other side does."""
    folder: pathlib.Path
    name: str = OURS
    classic: str | None = None

    def server(self, partner: "Party") -> Implementation:
        """As an Implementation, for the client of `partner`."""
        words = [] if partner is self else ["--classic", partner.classic or "detect"]
        return self.speaking(words)

    def client(self, wire_format: str | None) -> Implementation:
        """As an Implementation; None: the protocols of our own."""
        return self.speaking([] if wire_format is None else ["--classic", wire_format])

    def speaking(self, words: list[str]) -> Implementation:
        server, client = (str(places.end_of(self.folder, end)) for end in ("server", "client"))
        return Implementation(
            self.name, self.folder, (server, *words),
            (client, *words, "--timeout", str(OUR_TIMEOUT_SECONDS), "{pid}", "{text}"))


Party = Implementation | Ours


def read(paths: Sequence[pathlib.Path], our_folder: pathlib.Path | None) -> list[Party]:
    """The parties that the manifests describe, built and ready; ours first if there is a folder."""
    parties: list[Party] = []
    if our_folder is not None:
        ours = Ours(our_folder.resolve())
        parties.append(ours)
        manifest.build(ours.speaking([]))
    for path in paths:
        party = manifest.read(path)
        if party.name in {other.name for other in parties}:
            raise Failed(f"{path}: there are two called {party.name!r}; give it another \"name\"")
        manifest.build(party)
        parties.append(party)
    return parties


def server_of(server: Party, client: Party) -> Implementation:
    return server.server(client) if isinstance(server, Ours) else server


def known_format(server: Party, client: Party) -> str | None:
    """What the two are told to speak, for the record; None: they have nothing to be told."""
    ours = [side for side in (server, client) if isinstance(side, Ours)]
    if len(ours) != 1:
        return None
    return (client if ours[0] is server else server).classic


def blind_formats() -> list[str]:
    """Every order, polarity and framing, without waiting for answers; the usual ones first."""
    return [f"{order},{polarity},{framing},{BLIND}"
            for framing, order, polarity in itertools.product(FRAMINGS, ORDERS, POLARITIES)]


def acknowledged(blind: str) -> list[str]:
    """The same format with answers, each way there is."""
    return [blind.replace(BLIND, f"ack={each}") for each in ACKNOWLEDGEMENTS]
