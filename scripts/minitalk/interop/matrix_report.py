"""What the matrix leaves behind: the document (JSON), the page (markdown), the picture."""
import pathlib
from typing import Any

from minitalk.documents import cell, provenance
from minitalk.files import atomic_write, atomic_write_json
from minitalk.interop import display, outcomes, sides
from minitalk.interop.matrix import Meeting
from minitalk.interop.sides import Party
from minitalk.plots import pictures
from minitalk.results.reading import Document

SCHEMA = "minitalk.interop/1"
PLACES = {"same": "Both ends were on one CPU.", "cross": "The ends were on two CPUs.",
          "none": "Both ends ran where the scheduler put them."}


def make_document(parties: list[Party], meetings: list[Meeting], pin: str,
                  seconds: float) -> Document:
    return {
        "schema": SCHEMA,
        **provenance(),
        "seconds": round(seconds, 1),
        "pin": pin,
        "implementations": [{"name": party.name, "classic": party.classic,
                             "ours": isinstance(party, sides.Ours)} for party in parties],
        "pairs": [as_entry(meeting) for meeting in meetings]}


def as_entry(meeting: Meeting) -> dict[str, Any]:
    return {"client": meeting.client, "server": meeting.server, "classic": meeting.wire_format,
            "outcome": meeting.outcome, "message": meeting.message, "reason": meeting.reason,
            "goodput_bytes_per_second": meeting.goodput(),
            "samples": [round(rate, 3) for rate in meeting.rates]}


def markdown(document: Document) -> str:
    names = [party["name"] for party in document["implementations"]]
    pairs = display.grid(document)
    lines = ["## Who understands whom", "", "Clients down, servers across; goodput of messages of "
             f"1,000 characters, the client's start included. {PLACES[document['pin']]}", "",
             f"| client \\ server | {' | '.join(map(cell, names))} |",
             f"|---|{'---|' * len(names)}"]
    for client in names:
        cells = [display.cell(pairs[client, server]) for server in names]
        lines.append(f"| **{cell(client)}** | {' | '.join(cells)} |")
    seen = {pair["outcome"] for pair in document["pairs"]}
    lines += ["", *(f"- {word}: {meaning}" for word, meaning in outcomes.MEANINGS.items()
                    if word in seen and word != outcomes.OK)]
    lines += ["", *(f"- {cell(line.strip())}" for line in display.reasons(document) if line)]
    machine = document["machine"]
    lines += ["", f"{cell(machine['cpu_model'])}, {machine['cpu_count']} CPUs, Linux "
              f"{cell(machine['kernel'])}, {document['date']}."]
    return "\n".join(lines) + "\n"


def publish(document: Document, out: pathlib.Path) -> list[pathlib.Path]:
    """Writes FILE.json, FILE.md and the picture; returns their paths. Raises OSError."""
    atomic_write_json(out, document)
    atomic_write(out.with_suffix(".md"), markdown(document))
    return [out, out.with_suffix(".md"),
            *pictures.save("interop", document, out.parent / "plots" / out.stem)]
