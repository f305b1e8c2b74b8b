"""A program on a terminal of its own, for tests of what a person would see and type."""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time


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
