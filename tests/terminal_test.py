"""What a person sees on a terminal: it fits, at any width, and says what to type next; and colours
only where they can be shown and NO_COLOR is not set."""
import io
import os
import re
import subprocess
import sys
import tempfile
import unittest

from commands import BIN, OnTerminal, run, SOURCE, TIMEOUT
from minitalk import terminal

WIDTHS = (60, 80, 120)
REDRAWN = re.compile(r"\r([^\r\n]*)\x1b\[K")  # a line that is written over


def seen_on(columns, *words, status=0):
    """All that was shown; AssertionError where it ended otherwise."""
    with OnTerminal(words, columns=columns) as terminal:
        ended = terminal.await_end()
        if ended != status:
            raise AssertionError(f"{words} ended with {ended}\n{terminal.seen}")
        return terminal.seen


class Fits(unittest.TestCase):
    def check(self, seen, columns):
        """Lines, once the progress is gone, and each state of the progress."""
        for shown in REDRAWN.findall(seen):
            self.assertLess(len(shown), columns, shown)
        lines = REDRAWN.sub("", seen).replace("\r", "").splitlines()
        for line in lines:
            self.assertLessEqual(len(line), columns, line)
        return lines

    def test_verdicts(self):
        command = (BIN / "minitalk-verify", "--filter", "^(ack|usleep|check-then-pause)/")
        for columns in WIDTHS:
            with self.subTest(columns=columns):
                seen = seen_on(columns, *command)
                self.assertGreater(len(REDRAWN.findall(seen)), 1)
                lines = self.check(seen, columns)
                self.assertTrue(any(re.match(r"usleep .* loses ", line) for line in lines), seen)
                self.assertTrue(any(re.match(r"ack .* loss-free ", line) for line in lines), seen)
                self.assertEqual("Left out" in seen, columns == 60, seen)

    def test_measurements(self):
        command = (BIN / "minitalk-bench", "--benchmark_filter", "^ack/16/text/same/sleep",
                   "--benchmark_repetitions", "2", "--seconds", "0.01")
        for columns in WIDTHS:
            with self.subTest(columns=columns):
                seen = seen_on(columns, *command)
                progress = REDRAWN.findall(seen)
                self.assertGreater(len(progress), 1)
                for shown in progress:
                    self.assertLess(len(shown), columns, shown)
                table = seen[seen.index("protocol "):]
                self.check(table, columns)
                self.assertEqual("Left out" in seen, columns < 105, seen)

    def test_a_pipe_gets_every_column(self):
        table = run(BIN / "minitalk-verify", "--filter", "^ack/any")
        self.assertRegex(table, r"\Aprotocol {17}assumption {35}  bits verdict        states steps"
                                r"    time\n")


class Hint(unittest.TestCase):
    def hint(self, called, *words):
        """What a server that was called so says after its pid, and the pid."""
        with OnTerminal([called, *words], executable=BIN / "server") as server:
            server.await_text("\n")
            if not words or "--classic" in words:
                server.await_text('hello"')
            server.process.terminate()
            self.assertEqual(server.await_end(), 0)
            pid, _, rest = server.seen.partition("\r\n")
            self.assertEqual(int(pid), server.process.pid)
            return pid, rest

    def test_a_server_says_what_to_type_next(self):
        for called, client in (("./server", "./client"), ("minitalk-server", "minitalk-client")):
            pid, hint = self.hint(called)
            self.assertIn(f'{client} {pid} "hello"\r\n', hint)
            self.assertEqual(hint.count("\n"), 1)
        pid, hint = self.hint("./server", "--classic", "lsb,nul")
        self.assertIn(f'./client --classic lsb,nul {pid} "hello"', hint)

    def test_not_where_nobody_reads_it(self):
        for option in ("--quiet", "--json"):
            self.assertEqual(self.hint("./server", option)[1], "")
        with subprocess.Popen([BIN / "server"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as server:
            server.stdout.readline()
            server.terminate()
            self.assertEqual(server.communicate(timeout=TIMEOUT), ("", ""))


class Client(unittest.TestCase):
    def test_errors_name_what_was_typed(self):
        for called, server in (("./client", "./server"), ("minitalk-client", "minitalk-server")):
            with subprocess.Popen(["true"]) as gone:
                gone.wait()
            done = subprocess.run([called, str(gone.pid), "x"], executable=BIN / "client",
                                  capture_output=True, text=True, timeout=TIMEOUT, check=False)
            self.assertEqual(done.returncode, 69)
            self.assertIn(f"start {server} ", done.stderr)

    def test_somebody_elses_server_is_met_with_the_next_steps(self):
        with subprocess.Popen(["sleep", "60"]) as other:
            done = subprocess.run([BIN / "client", str(other.pid), "x"], capture_output=True,
                                  text=True, timeout=TIMEOUT, check=False)
            other.kill()
        self.assertEqual(done.returncode, 69)
        for word in ("no minitalk server", "--classic FORMAT", "--classic detect", "make grade"):
            self.assertIn(word, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_progress_stays_on_one_line(self):
        with tempfile.NamedTemporaryFile() as message:
            message.truncate(1 << 20)
            with subprocess.Popen([BIN / "server", "--once"], stdout=subprocess.PIPE) as server:
                pid = server.stdout.readline().decode().strip()
                with OnTerminal([BIN / "client", pid, "--file", message.name, "--protocol", "ack"],
                                columns=40) as client:
                    client.await_text("%")
                    client.process.terminate()
                    client.await_end()
                server.kill()
        for shown in REDRAWN.findall(client.seen):
            self.assertLess(len(shown), 40, shown)


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
                     "--client", BIN / "client", "--bench", BIN / "minitalk-bench", "--only",
                     "^1-character$", "--out", f"{folder}/grade.json"]
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
