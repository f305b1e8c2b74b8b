"""The grade on a terminal: a line a check as it is judged, colours, what is going on now."""
import shutil
import sys
import textwrap
from typing import Any, TextIO

from rich.text import Text

from minitalk.grade.causes import ReportedCauses
from minitalk.grade.checks import Check
from minitalk.grade.manifest import Implementation
from minitalk.grade.verdict import INFO, KO, OK, SKIP, WARN, Verdict
from minitalk.terminal import Progress, console

STYLES = {OK: "green", KO: "bold red", SKIP: "bright_black", WARN: "yellow", INFO: "cyan"}
NAME_WIDTH = 17
INDENT = 7


class Display:
    """Writes to `stream`; progress goes to `progress`."""

    def __init__(self, stream: TextIO | None = None, progress: TextIO | None = None) -> None:
        self.console = console(stream or sys.stdout)
        self.progress = Progress(progress)
        self.causes = ReportedCauses()
        self.columns = min(120, max(60, shutil.get_terminal_size((100, 24)).columns))

    def say(self, text: str | Text, style: str = "") -> None:
        self.progress.clear()
        self.console.print(text, style=style)

    def title(self, implementation: Implementation, count: int) -> None:
        server, client = " ".join(implementation.server), " ".join(implementation.client)
        self.say(Text.assemble((implementation.name, "bold"), f": {server} and {client} in "
                               f"{implementation.folder}; {count} checks"))

    def begin(self, check: Check) -> None:
        """What is going on, until it is judged."""
        self.progress.show(f"{check.name}: {check.asks}")

    def check(self, check: Check, verdict: Verdict, _seconds: float) -> None:
        reason = verdict.reason if verdict.status in (OK, INFO, SKIP) else \
            f"{check.asks}: {verdict.reason}"
        lines = self.wrapped(f"{check.name:<{NAME_WIDTH}} {reason}")
        status = (f"{verdict.status:<4}", STYLES[verdict.status])
        self.say(Text.assemble("  ", status, " ", "\n".join(lines)))
        if verdict.cause and verdict.status in (KO, WARN):
            cause = self.causes.report(verdict.cause, check.name)
            lines = self.wrapped(" " * NAME_WIDTH + " " + cause, first=" " * INDENT)
            self.say("\n".join(lines), STYLES[SKIP])

    def wrapped(self, text: str, first: str = "") -> list[str]:
        """To the terminal's width, further lines below the reason."""
        return textwrap.wrap(text, self.columns - INDENT, initial_indent=first,
                             subsequent_indent=" " * (INDENT + NAME_WIDTH + 1),
                             drop_whitespace=True, replace_whitespace=False) or [""]

    def end(self, document: dict[str, Any]) -> None:
        self.say("")
        self.say(document["headline"], STYLES[KO if document["summary"]["KO"] else OK])
