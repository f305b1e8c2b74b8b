"""The matrix on a terminal: what is going on, and the table."""
import os
import sys
import time

from minitalk.terminal import can_rewrite
from minitalk.results.units import rate_text

from minitalk.interop import outcomes

COLOURS = {outcomes.OK: "32", outcomes.GARBLED: "35", outcomes.HANGS: "31", outcomes.REFUSES: "33",
           outcomes.DIES: "1;31", outcomes.NOTHING: "36"}
GAP = "  "
CORNER = "client \\ server"


class Progress:
    """One line on stderr, where that is a terminal."""

    def __init__(self, stream=sys.stderr):
        self.stream = stream if can_rewrite(stream, os.environ) else None
        self.start = time.monotonic()
        self.count = self.done = 0

    def begin(self, count):
        self.count = count

    def pair(self, client, server):
        self.done += 1
        if self.stream:
            self.stream.write(f"\r  {self.done}/{self.count}  {client} calls {server}\033[K")
            self.stream.flush()

    def clear(self):
        if self.stream:
            self.stream.write("\r\033[K")
            self.stream.flush()

    def seconds(self):
        return time.monotonic() - self.start


def cell(pair):
    """"OK 9.12 kB/s", or what went wrong."""
    if pair["outcome"] == outcomes.OK:
        return f"OK {rate_text(pair['goodput_bytes_per_second'])}"
    return pair["outcome"]


def grid(document):
    """The pairs, by client and server."""
    return {(pair["client"], pair["server"]): pair for pair in document["pairs"]}


def table(document, colour):
    """Clients down, servers across, then why."""
    names = [party["name"] for party in document["implementations"]]
    pairs = grid(document)
    columns = [[cell(pairs[client, server]) for client in names] for server in names]
    widths = [max(map(len, [name, *column])) for name, column in zip(names, columns)]
    first = max(map(len, [CORNER, *names]))
    lines = [GAP.join([CORNER.ljust(first),
                       *(name.ljust(width) for name, width in zip(names, widths))]).rstrip()]
    for client in names:
        cells = [paint(pairs[client, server], width, colour)
                 for server, width in zip(names, widths)]
        lines.append(GAP.join([client.ljust(first), *cells]).rstrip())
    return "\n".join([*lines, *reasons(document)])


def paint(pair, width, colour):
    text = cell(pair).ljust(width)
    return f"\033[{COLOURS[pair['outcome']]}m{text}\033[0m" if colour else text


def reasons(document):
    """A line for each pair that does not understand each other."""
    told = [f"  {pair['client']} calls {pair['server']}: {pair['outcome']}{at(pair)}: "
            f"{pair['reason']}" for pair in document["pairs"] if pair["reason"]]
    return ["", *told] if told else []


def at(pair):
    return f" ({pair['message']})" if pair["message"] else ""
