"""The matrix on a terminal: a table, and why some pairs do not understand each other."""
from typing import Any

from rich.text import Text

from minitalk.interop import outcomes
from minitalk.results.units import rate_text

STYLES = {outcomes.OK: "green", outcomes.GARBLED: "magenta", outcomes.HANGS: "red",
          outcomes.REFUSES: "yellow", outcomes.DIES: "bold red", outcomes.NOTHING: "cyan"}
GAP = "  "
CORNER = "client \\ server"


def cell(pair: dict[str, Any]) -> str:
    """"OK 9.12 kB/s", or what went wrong."""
    if pair["outcome"] == outcomes.OK:
        return f"OK {rate_text(pair['goodput_bytes_per_second'])}"
    return str(pair["outcome"])


def grid(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The pairs, by client and server."""
    return {(pair["client"], pair["server"]): pair for pair in document["pairs"]}


def table(document: dict[str, Any]) -> Text:
    """Clients down, servers across, then why."""
    names = [party["name"] for party in document["implementations"]]
    pairs = grid(document)
    columns = [[cell(pairs[client, server]) for client in names] for server in names]
    widths = [max(map(len, [name, *column])) for name, column in zip(names, columns)]
    first = max(map(len, [CORNER, *names]))
    heading = [CORNER.ljust(first), *(name.ljust(width) for name, width in zip(names, widths))]
    lines = [Text(GAP.join(heading).rstrip())]
    for client in names:
        mine = [pairs[client, server] for server in names]
        cells = [Text(cell(pair).ljust(width), STYLES[pair["outcome"]])
                 for pair, width in zip(mine, widths)]
        lines.append(Text(GAP).join([Text(client.ljust(first)), *cells]))
        lines[-1].rstrip()
    return Text("\n").join([*lines, *map(Text, reasons(document))])


def reasons(document: dict[str, Any]) -> list[str]:
    """A line for each pair that does not understand each other."""
    texts = [f"  {pair['client']} calls {pair['server']}: {pair['outcome']}{at(pair)}: "
             f"{pair['reason']}" for pair in document["pairs"] if pair["reason"]]
    return ["", *texts] if texts else []


def at(pair: dict[str, Any]) -> str:
    return f" ({pair['message']})" if pair["message"] else ""
