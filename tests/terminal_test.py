"""What a person sees on a terminal: it fits, at any width, and says what to type next."""
import re
import subprocess
import tempfile
import unittest

from commands import TIMEOUT, run
from paths import BIN
from shell_terminal import OnTerminal

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
