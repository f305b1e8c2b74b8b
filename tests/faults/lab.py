"""The laboratory: starts real servers and clients, and judges what became of each message.

Of every message that a fault hits only two ends are allowed: printed once, whole; or not confirmed,
that is, its client exits non-zero and says why. Whatever the server prints that is not a message
that was sent is *damaged*; a client that exits 0 without its message being printed, or a next
client that is not served, is *lost*."""
import collections
import os
import pathlib
import random
import signal
import struct
import subprocess
import tempfile
import time

HANG_GUARD = 60
NEXT_MESSAGE = "the next client"


REPORT_LIMIT = 20  # seconds until a session that has failed must have said so
BAD = ("lost", "damaged", "hung", "silent", "killed", "leaked")


class Case:
    """A row of the table: how often a fault was injected, and what became of the messages."""

    def __init__(self, name):
        self.name = name
        self.counts = collections.Counter()
        self.notes = []

    def count(self, outcome, note=""):
        self.counts[outcome] += 1
        if note and outcome in BAD and len(self.notes) < 8:
            self.notes.append(f"{outcome}: {note}")

    def bad(self):
        return sum(self.counts[key] for key in BAD)


TIMEOUT = ("--timeout", "3")


def on_cpu(cpu):
    """Words before a command that keep it on one CPU, where nothing spins: the number of its
    system calls is then nearly the same every time."""
    return [] if cpu is None else ["taskset", "-c", str(cpu)]


class Server:
    """A real ./server with its output in a file; ends with the with-block."""

    def __init__(self, lab, *options, env=None, stdout=None, cpu=None):
        self.lab = lab
        self.redirected = stdout is not None
        self.folder = tempfile.mkdtemp(dir=lab.folder)
        self.out = pathlib.Path(self.folder, "out")
        self.err = pathlib.Path(self.folder, "err")
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                [*on_cpu(cpu), lab.bin / "server", "--idle-timeout", "1.5", *options],
                stdin=subprocess.DEVNULL, stdout=out if stdout is None else stdout, stderr=err,
                env=env)
        self.pid = self.process.pid
        self.await_ready()
        self.started = self.alive()  # also without a pid on its output: nothing else is wrong

    def await_ready(self):
        """Until it can be talked to, or has ended."""
        for _ in range(5000):
            try:
                ready = pathlib.Path(f"/proc/{self.pid}/comm").read_text() == "minitalk-server\n"
            except OSError:
                return
            if not self.alive() or (ready and (self.out.stat().st_size or self.redirected
                                               or self.err.stat().st_size)):
                return
            time.sleep(0.002)

    def printed(self):
        """The messages on its output, without the first line."""
        return self.out.read_bytes().split(b"\n")[1:-1]

    def torn(self):
        """What follows the last newline: nothing, unless a line was not finished."""
        return self.out.read_bytes().rsplit(b"\n", 1)[-1]

    def diagnostics(self):
        return self.err.read_text(errors="replace")

    def reports_a_client(self, since):
        """Whether its diagnostics name a client beyond that length; soon, for the client that it is
        about may have ended first."""
        end = time.monotonic() + REPORT_LIMIT
        while "client" not in self.diagnostics()[since:]:
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def alive(self):
        return self.process.poll() is None

    def gives_up(self):
        """Whether it is about to end, and has said why: the client may have come in between."""
        try:
            return self.process.wait(1) > 0 and self.diagnostics().strip() != ""
        except subprocess.TimeoutExpired:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.alive():
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Lab:
    """Where the programs are, how long to work, and how to judge."""

    def __init__(self, arguments, folder):
        self.bin = arguments.bin.resolve()
        self.tools = arguments.tools.resolve()
        self.shim = self.tools / "libminitalk_fault.so"
        self.short = arguments.short
        self.sanitized = arguments.sanitized
        self.folder = folder
        self.random = random.Random(arguments.seed)

    def environment(self, fault=None, mark=None):
        env = dict(os.environ)
        if fault:
            # Under AddressSanitizer the shim comes before its runtime; it does not mind.
            asan = env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
            env.update(LD_PRELOAD=str(self.shim), MINITALK_FAULT=fault, ASAN_OPTIONS=asan,
                       MINITALK_FAULT_MARK=str(mark))
        return env

    def client(self, pid, message, *options, env=None, cpu=None):
        return subprocess.Popen(
            [*on_cpu(cpu), self.bin / "client", *options, str(pid), message],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)

    def client_with_file(self, pid, message, *options):
        """For messages that are too long for a command line."""
        path = pathlib.Path(tempfile.mkdtemp(dir=self.folder), "message")
        path.write_text(message)
        return subprocess.Popen(
            [self.bin / "client", *options, "--file", path, str(pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process):
        """(exit status, standard error); None for one that hung and was killed."""
        try:
            _, errors = process.communicate(timeout=HANG_GUARD)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None, ""
        return process.returncode, errors.decode(errors="replace")

    def say(self, pid, message, *options, env=None, cpu=None):
        return self.finish(self.client(pid, message, *options, env=env, cpu=cpu))

    def judge(self, case, server, message, code, errors, killed_on_purpose=False, note=""):
        """Sorts one message into its outcome and counts it."""
        expected = message.encode()
        count = server.printed().count(expected)
        known = {expected, NEXT_MESSAGE.encode(), b""}
        if any(line not in known for line in server.printed()) or server.torn():
            return case.count("damaged", f"{note} {server.printed()[:3]} {server.torn()[:60]}")
        if code is None:
            return case.count("hung", note)
        if count > 1 or (code == 0 and count == 0):
            return case.count("lost", f"{note} printed {count} times, exit {code}")
        if code == 0:
            return case.count("delivered")
        if not killed_on_purpose and not errors.strip():
            return case.count("silent", f"{note} exit {code} without a word")
        return case.count("unconfirmed" if count else "refused")

    def serve_next(self, case, server, note=""):
        """After whatever happened: a fresh client is served, unless the server has ended."""
        if server.alive():
            code, errors = self.say(server.pid, NEXT_MESSAGE, "--timeout", "10")
            served = code == 0 and server.printed().count(NEXT_MESSAGE.encode()) == 1
            if not served and not server.gives_up():
                case.count("lost", f"{note} the next client: exit {code} {errors.strip()}")


# A message's first frame header, written down a second time, from core/wire/frame.h alone.
def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def crc16(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ (0x1021 if crc & 0x8000 else 0)
    return crc & 0xFFFF


def varint(number):
    more = b""
    while number > 0x7F:
        more += bytes([number & 0x7F | 0x80])
        number >>= 7
    return more + bytes([number])


def message_header(head=0b1011, flags=0, protocol=1, body=4, options=0, values=b""):
    """Without a body; `options` are followed by `values`, as they go over the wire."""
    flags |= 8 | 2 | (4 if options else 0)
    content = bytes([head << 4 | flags, protocol]) + varint(body)
    content += bytes([options]) + values if options else b""
    content += struct.pack("<I", crc32c(content + bytes(body) if body < 1 << 20 else content))
    return content + struct.pack("<H", crc16(content))
