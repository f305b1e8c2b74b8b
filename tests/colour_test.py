"""Colours: only on a terminal that can show them, and not where NO_COLOR is set."""
import io
import os
import re
import subprocess
import sys
import tempfile
import unittest

from commands import TIMEOUT
from minitalk import terminal
from paths import BIN, SOURCE
from shell_terminal import OnTerminal

CODE = re.compile(r"\033\[[0-9;]*m")
IN_SOURCE = re.compile(r"\\(?:033|x1b|e|u001b)\[[^\"']{0,40}?m", re.IGNORECASE)
BARE = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}


class Stream(io.StringIO):
    def __init__(self, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal


class Rule(unittest.TestCase):
    def test_colours(self):
        for is_terminal, environment, expected in (
                (True, {}, True), (True, {"NO_COLOR": ""}, True), (True, {"NO_COLOR": "1"}, False),
                (True, {"NO_COLOR": "0"}, False), (True, {"TERM": "dumb"}, False),
                (True, {"TERM": "xterm"}, True), (False, {}, False),
                (False, {"TERM": "xterm"}, False)):
            shown = terminal.console(Stream(is_terminal), environment)
            self.assertEqual(shown.color_system is not None, expected,
                             (is_terminal, environment))

    def test_progress(self):
        self.assertTrue(terminal.console(Stream(True), {"NO_COLOR": "1"}).is_terminal)
        self.assertFalse(terminal.console(Stream(True), {"TERM": "dumb"}).is_terminal)
        self.assertFalse(terminal.console(Stream(False), {}).is_terminal)

    def test_nobody_else_decides(self):
        for path in (SOURCE / "scripts").rglob("*.py"):
            if path.name != "terminal.py":
                self.assertNotRegex(path.read_text(), r"isatty|NO_COLOR", path)

    def test_the_programs_never_colour(self):
        self.assertRegex(r'"\033[1;31mKO"', IN_SOURCE)
        files = [path for folder in ("core", "protocols", "apps", "bench", "verify")
                 for path in (SOURCE / folder).glob("*.cc")]
        self.assertGreater(len(files), 30)
        for path in files:
            self.assertNotRegex(path.read_text(), IN_SOURCE, path)


class OnARealTerminal(unittest.TestCase):
    def grade(self, **environment):
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, SOURCE / "scripts" / "grade.py", "--server", BIN / "server",
                     "--client", BIN / "client", "--only", "^1-character$", "--out",
                     f"{folder}/grade.json"]
            with OnTerminal(words, TIMEOUT, env={**BARE, **environment}) as run:
                self.assertEqual(run.await_end(), 0, run.seen)
            self.assertIn("1-character", run.seen)
            return run.seen

    def test_colours_by_default(self):
        self.assertRegex(self.grade(TERM="xterm"), CODE)
        self.assertRegex(self.grade(TERM="xterm", NO_COLOR=""), CODE)

    def test_no_colours_with_no_color(self):
        self.assertNotRegex(self.grade(TERM="xterm", NO_COLOR="1"), CODE)

    def test_nothing_on_a_dumb_terminal(self):
        self.assertNotIn("\033", self.grade(TERM="dumb"))

    def test_progress_of_the_programs(self):
        for words in ([BIN / "minitalk-verify", "--filter", "^(ack|usleep)/any"],
                      [BIN / "minitalk-bench", "--benchmark_filter=^pipe/16/text/none/sleep$",
                       "--benchmark_repetitions=1"]):
            for kind, escapes in (("xterm", True), ("dumb", False)):
                with OnTerminal(words, TIMEOUT, env={**BARE, "TERM": kind}) as run:
                    self.assertEqual(run.await_end(), 0, run.seen)
                self.assertEqual("\033" in run.seen, escapes, run.seen)
                self.assertNotRegex(run.seen, CODE)
            done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                                  timeout=TIMEOUT, check=True, env={**BARE, "TERM": "xterm"})
            self.assertNotIn("\033", done.stdout + done.stderr)
