"""What a terminal is shown: one rule for colours and one progress display for all commands. There
are no colours, and nothing is overwritten, in a file, in a pipe, or on a dumb terminal."""
import os
import sys
import time
from typing import Mapping, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text


def console(stream: TextIO, environment: Mapping[str, str] = os.environ) -> Console:
    """Not coloured where NO_COLOR is set to anything, either (https://no-color.org)."""
    shows = stream.isatty() and environment.get("TERM") != "dumb"
    colours = shows and not environment.get("NO_COLOR")
    return Console(file=stream, force_terminal=shows, color_system="standard" if colours else None,
                   soft_wrap=True, markup=False, emoji=False, highlight=False)


class Progress:
    """One line on standard error that says what is going on and since when. Elsewhere than on a
    terminal a line for each stage. Print nothing before `clear`; a with-block clears at its end."""

    def __init__(self, stream: TextIO | None = None):
        self.console = console(stream or sys.stderr)
        self.live: Live | None = None
        self.start = time.monotonic()
        self.stage = ""

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def seconds(self) -> float:
        return time.monotonic() - self.start

    def begin(self, stage: str) -> None:
        """A part of the work that takes a while."""
        if stage != self.stage and not self.console.is_terminal:
            self.console.print(f"{self.seconds():4.0f} s  {stage}")
        self.stage = stage
        self.show("")

    def show(self, text: str) -> None:
        """What exactly is going on."""
        if not self.console.is_terminal:
            return
        words = "  ".join(filter(None, (self.stage, text)))
        line = Text(f"{self.seconds():4.0f} s  {words}", no_wrap=True, overflow="ellipsis")
        if self.live is None:
            # Nothing runs beside what is measured: it is drawn when there is something new.
            self.live = Live(console=self.console, auto_refresh=False, transient=True,
                             redirect_stdout=False, redirect_stderr=False)
            self.live.start()
        self.live.update(line, refresh=True)

    def clear(self) -> None:
        if self.live is not None:
            self.live.stop()
            self.live = None
