"""Where things are and how they are called, for all tests in Python. ctest sets the variables;
without them it is build/."""
import contextlib
import fcntl
import io
import os
import pathlib
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from unittest import mock

from minitalk import cli

SOURCE = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("MINITALK_BUILD") or SOURCE / "build").resolve()
BIN = BUILD / "bin"
BENCH = BIN / "minitalk-bench"
VERIFY = BIN / "minitalk-verify"
LAB = SOURCE / "scripts" / "lab"
PAIRS = BUILD / "tests" / "pairs"
# The C++ compiler that made them.
COMPILER = os.environ.get("MINITALK_CXX", "c++")
TIMEOUT = 120  # seconds, against hanging only


def run(*words, **more):
    """What it prints; AssertionError with all that it said where it fails."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=TIMEOUT, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"{words} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def lab(*words):
    """A command of scripts/lab, as subprocess.run has it, but within this process: a Python that
    imports matplotlib takes a second of CPU time to start."""
    words = [str(word) for word in words]
    out, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    before = {number: signal.getsignal(number) for number in
              (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)}
    try:
        with (mock.patch("sys.argv", ["lab", *words]), contextlib.redirect_stdout(out),
              contextlib.redirect_stderr(errors)):
            cli.main()
    except SystemExit as ended:
        status = ended.code
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    texts = []
    for stream in (out, errors):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return subprocess.CompletedProcess(words, status, *texts)


@contextlib.contextmanager
def started(*words):
    """The process, which is killed at the block's end, whatever made it end."""
    with subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            yield process
        finally:
            process.kill()  # before the outer block's end waits for it


class OnTerminal:
    """Its three standard streams are a terminal, of 200 by 200 unless told otherwise. Ended with
    the block."""

    def __init__(self, words, timeout=60, columns=200, **more):
        self.timeout = timeout
        self.seen = ""
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 200, columns, 0, 0))
        self.process = subprocess.Popen([str(word) for word in words], stdin=theirs, stdout=theirs,
                                        stderr=theirs, start_new_session=True, **more)
        os.close(theirs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.ours)

    def type(self, text):
        os.write(self.ours, text.encode())

    def await_text(self, text):
        """What was shown until then."""
        end = time.monotonic() + self.timeout
        while text not in self.seen:
            if not self.read(end):
                raise AssertionError(f"no {text!r} in {self.seen!r}")
        return self.seen

    def await_end(self):
        """The exit status; `seen` is then all that was shown."""
        end = time.monotonic() + self.timeout
        while self.read(end):
            pass
        return self.process.wait(max(0.1, end - time.monotonic()))

    def read(self, end):
        ready, _, _ = select.select([self.ours], [], [], max(0, end - time.monotonic()))
        try:
            part = os.read(self.ours, 1 << 16) if ready else b""
        except OSError:  # nobody has the terminal any more
            part = b""
        self.seen += part.decode(errors="replace")
        return bool(part)
