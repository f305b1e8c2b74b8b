"""What the matrix leaves behind: the document (JSON), the page (markdown), the picture."""
import datetime
import os
import pathlib
import platform
import sys
from typing import Any

from minitalk.files import atomic_write, atomic_write_json
from minitalk.grade.grade_report import cell as escaped, cpu_model
from minitalk.interop import display, outcomes, sides
from minitalk.interop.matrix import Meeting
from minitalk.interop.sides import Party
from minitalk.results.reading import Document

SCHEMA = "minitalk.interop/1"
PLACES = {"same": "Both ends were on one CPU.", "cross": "The ends were on two CPUs.",
          "none": "Both ends ran where the scheduler put them."}


def make_document(parties: list[Party], meetings: list[Meeting], pin: str,
                  seconds: float) -> Document:
    return {
        "schema": SCHEMA,
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "pin": pin,
        "machine": {"cpu_model": cpu_model(), "cpu_count": len(os.sched_getaffinity(0)),
                    "kernel": platform.release()},
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
             f"| client \\ server | {' | '.join(map(escaped, names))} |",
             f"|---|{'---|' * len(names)}"]
    for client in names:
        cells = [display.cell(pairs[client, server]) for server in names]
        lines.append(f"| **{escaped(client)}** | {' | '.join(cells)} |")
    seen = {pair["outcome"] for pair in document["pairs"]}
    lines += ["", *(f"- {word}: {meaning}" for word, meaning in outcomes.MEANINGS.items()
                    if word in seen and word != outcomes.OK)]
    lines += ["", *(f"- {escaped(line.strip())}" for line in display.reasons(document) if line)]
    machine = document["machine"]
    lines += ["", f"{escaped(machine['cpu_model'])}, {machine['cpu_count']} CPUs, Linux "
              f"{escaped(machine['kernel'])}, {document['date']}."]
    return "\n".join(lines) + "\n"


def publish(document: Document, out: pathlib.Path) -> list[pathlib.Path]:
    """Writes FILE.json, FILE.md and the picture; returns their paths. Raises OSError."""
    atomic_write_json(out, document)
    atomic_write(out.with_suffix(".md"), markdown(document))
    return [out, out.with_suffix(".md"), *draw(document, out.parent / "plots" / out.stem)]


def draw(document: Document, stem: pathlib.Path) -> list[pathlib.Path]:
    """The picture's path. Its absence is no failure: the figures are in the document."""
    try:
        from minitalk.plots import common, interop
    except ImportError as error:
        print(f"no picture: {error}; install it with apt-get install python3-matplotlib",
              file=sys.stderr)
        return []
    stem.parent.mkdir(parents=True, exist_ok=True)
    common.save_with(interop.draw(document), interop.footer(document), pathlib.Path(stem))
    return [stem.with_suffix(".png")]
