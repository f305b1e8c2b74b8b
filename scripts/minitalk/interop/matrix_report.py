"""What the matrix shows and leaves behind: a table on the terminal, and why some pairs do not
understand each other; the document (JSON), the page (markdown), the picture."""
import pathlib
from typing import Any

from rich.text import Text

from minitalk.documents import (atomic_write, atomic_write_json, escaped, provenance,
                                provenance_text, table)
from minitalk.interop.matrix import Ours, Outcome, OUTCOMES, Participant
from minitalk.plots import pictures
from minitalk.results.reading import Document, rate_text

SCHEMA = "minitalk.interop/1"
PLACES = {"same": "Both ends were on one CPU.", "cross": "The ends were on two CPUs.",
          "none": "Both ends ran where the scheduler put them."}
STYLES = {"ok": "green", "garbled": "magenta", "hangs": "red", "refuses": "yellow",
          "dies": "bold red", "nothing": "cyan"}
GAP = "  "
CORNER = "client \\ server"


def make_document(participants: list[Participant], outcomes: list[Outcome], pin: str,
                  seconds: float) -> Document:
    return {
        "schema": SCHEMA,
        **provenance(),
        "seconds": round(seconds, 1),
        "pin": pin,
        "implementations": [{"name": each.name, "classic": each.classic,
                             "ours": isinstance(each, Ours)} for each in participants],
        "pairs": [{"client": one.client, "server": one.server, "classic": one.wire_format,
                   "outcome": one.outcome, "message": one.message, "reason": one.reason,
                   "goodput_bytes_per_second": one.goodput(),
                   "samples": [round(rate, 3) for rate in one.rates]} for one in outcomes]}


def grid(document: Document) -> dict[str, list[dict[str, Any]]]:
    """For each client its pairs, in the order of the servers."""
    names = [participant["name"] for participant in document["implementations"]]
    pairs = {(pair["client"], pair["server"]): pair for pair in document["pairs"]}
    return {client: [pairs[client, server] for server in names] for client in names}


def cell(pair: dict[str, Any]) -> str:
    """"OK 9.12 kB/s", or what went wrong."""
    return (f"OK {rate_text(pair['goodput_bytes_per_second'])}" if pair["outcome"] == "ok"
            else str(pair["outcome"]))


def reasons(document: Document) -> list[str]:
    """A line for each pair that does not understand each other."""
    return [f"{pair['client']} calls {pair['server']}: {pair['outcome']}"
            f"{' (' + pair['message'] + ')' if pair['message'] else ''}: {pair['reason']}"
            for pair in document["pairs"] if pair["reason"]]


def terminal_table(document: Document) -> Text:
    """Clients down, servers across, then why."""
    rows = grid(document)
    columns = [[name, *map(cell, column)] for name, column in zip(rows, zip(*rows.values()))]
    widths = [max(map(len, column)) for column in columns]
    first = max(map(len, [CORNER, *rows]))
    lines = [Text(GAP.join([CORNER.ljust(first), *map(str.ljust, rows, widths)]))]
    for client, pairs in rows.items():
        lines.append(Text(GAP).join([Text(client.ljust(first)), *(
            Text(cell(pair).ljust(width), STYLES[pair["outcome"]])
            for pair, width in zip(pairs, widths))]))
    for line in lines:
        line.rstrip()
    texts = [Text(f"  {reason}") for reason in reasons(document)]
    return Text("\n").join([*lines, *([Text(), *texts] if texts else [])])


def markdown(document: Document) -> str:
    rows = grid(document)
    seen = {pair["outcome"] for pair in document["pairs"]}
    return "\n".join([
        "## Who understands whom", "", "Clients down, servers across; goodput of messages of "
        f"1,000 characters, the client's start included. {PLACES[document['pin']]}", "",
        *table(f"{CORNER} | {' | '.join(map(escaped, rows))}", "<" * (len(rows) + 1),
               ([f"**{escaped(client)}**", *map(cell, pairs)] for client, pairs in rows.items())),
        "", *(f"- {word}: {meaning}" for word, meaning in OUTCOMES.items()
              if word in seen and word != "ok"),
        "", *(f"- {escaped(reason)}" for reason in reasons(document)),
        "", f"{escaped(provenance_text(document))}."]) + "\n"


def publish(document: Document, out: pathlib.Path) -> list[pathlib.Path]:
    """Writes FILE.json, FILE.md and the picture; returns their paths. Raises OSError."""
    atomic_write_json(out, document)
    atomic_write(out.with_suffix(".md"), markdown(document))
    return [out, out.with_suffix(".md"),
            *pictures.save("interop", document, out.parent / "plots" / out.stem)]
