"""The grade on a terminal: a line a check as it is judged, colours, what is going on now."""
import shutil
import sys
import textwrap

from minitalk.terminal import can_rewrite, wants_colour

from minitalk.grade.causes import Told
from minitalk.grade.verdict import INFO, KO, OK, SKIP, WARN

COLOURS = {OK: "32", KO: "1;31", SKIP: "90", WARN: "33", INFO: "36"}
NAME_WIDTH = 17
INDENT = 7


class Display:
    """Writes to `stream`; progress goes to `progress`, where that is a terminal."""

    def __init__(self, environment, stream=sys.stdout, progress=sys.stderr):
        self.stream = stream
        self.progress = progress if can_rewrite(progress, environment) else None
        self.causes = Told()
        self.colour = wants_colour(stream, environment)
        self.columns = min(120, max(60, shutil.get_terminal_size((100, 24)).columns))

    def paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.colour else text

    def say(self, text):
        self.clear()
        print(text, file=self.stream, flush=True)

    def title(self, implementation, count):
        words = " ".join(implementation.server), " ".join(implementation.client)
        self.say(f"{self.paint('1', implementation.name)}: {words[0]} and {words[1]} in "
                 f"{implementation.folder}; {count} checks")

    def begin(self, check):
        """What is going on, until it is judged."""
        if self.progress:
            text = f"  ..    {check.name}: {check.asks}"[:self.columns - 1]
            self.progress.write(f"\r{text}\033[K")
            self.progress.flush()

    def clear(self):
        if self.progress:
            self.progress.write("\r\033[K")
            self.progress.flush()

    def check(self, check, verdict, _seconds):
        status = self.paint(COLOURS[verdict.status], f"{verdict.status:<4}")
        told = verdict.reason if verdict.status in (OK, INFO) else \
            f"{check.asks}: {verdict.reason}" if verdict.status != SKIP else verdict.reason
        lines = self.wrapped(f"{check.name:<{NAME_WIDTH}} {told}")
        self.say("\n".join([f"  {status} {lines[0]}", *lines[1:]]))
        if verdict.cause and verdict.status in (KO, WARN):
            cause = self.causes.tell(verdict.cause, check.name)
            self.say("\n".join(self.paint("90", line)
                               for line in self.wrapped(" " * NAME_WIDTH + " " + cause,
                                                        first=" " * INDENT)))

    def wrapped(self, text, first=""):
        """To the terminal's width, further lines below the reason."""
        return textwrap.wrap(text, self.columns - INDENT, initial_indent=first,
                             subsequent_indent=" " * (INDENT + NAME_WIDTH + 1),
                             drop_whitespace=True, replace_whitespace=False) or [""]

    def end(self, document):
        self.say("")
        colour = COLOURS[KO if document["summary"]["KO"] else OK]
        self.say(self.paint(colour, document["headline"]))
