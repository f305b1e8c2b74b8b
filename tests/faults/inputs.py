"""Hostile input, outputs that fail, and whatever a program may inherit from who started it."""
import os
import pty
import select
import signal
import subprocess
import sys
import time

from clients import leftovers
from lab import Case, message_header as header, TIMEOUT, Server, varint


def hostile_headers(lab):
    case = Case("hostile headers: lengths of 2^63, garbage, wrong CRC, unknown protocol")
    good = header()
    words = {"length 2^63": header(options=64, values=varint(1 << 63)),
             "length 2^64-2": header(options=64, values=varint((1 << 64) - 2)),
             "length of 70 bits": header(options=64, values=b"\xff" * 9 + b"\x7f"),
             "unknown protocol": header(protocol=250), "protocol 0": header(protocol=0),
             "version 2": header(head=0b0010), "newer version": header(head=0b1100),
             "unknown flag": header(flags=1), "unknown wait mode": header(options=6),
             "unknown option": header(options=128), "body of 2^20 + 1": header(body=(1 << 20) + 1),
             "longer than need be": header(options=16, values=b"\x80\x00"),
             "CPU 65534": header(options=8, values=varint(65534)),
             "wrong CRC": good[:-1] + bytes([good[-1] ^ 1]),
             "zeros": bytes(24), "ones": b"\xff" * 24}
    for i in range(4 if lab.short else 60):
        words[f"random {i}"] = lab.random.randbytes(24)
    with Server(lab, "--idle-timeout", "0.5", cpu=0) as server:
        before = resident(server)
        for name, data in words.items():
            before_it = len(server.diagnostics())
            run = subprocess.run([lab.tools / "stranger", str(server.pid), data.hex()],
                                 capture_output=True, text=True, timeout=60, check=False)
            logged = server.reports_a_client(before_it)
            bounded = resident(server) < before + 1024 and server.alive()
            case.count("refused" if bounded and logged and not server.printed() else "damaged",
                       f"{name}: {run.stdout.strip()} {server.diagnostics()[-80:]}")
        lab.serve_next(case, server)
        leftovers(case, server)
    return case


def resident(server):
    with open(f"/proc/{server.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def bits_that_stop(lab):
    case = Case("bits that stop in the middle of a header, the client gone or silent")
    data = header()
    with Server(lab, "--idle-timeout", "0.3", cpu=0) as server:
        for length in range(0, len(data) + 1, 3 if lab.short else 1):
            client = subprocess.Popen(
                [lab.tools / "stranger", str(server.pid), data[:length].hex(), "stay"])
            time.sleep(0.15)
            if length % 2:
                client.kill()  # gone
            leftovers(case, server)
            client.kill()
            client.wait()
            case.count("damaged" if server.printed() else "refused", f"{length} bytes")
        lab.serve_next(case, server)
    return case


def failing_output(lab):
    case = Case("standard output full, closed or broken: the verdict is bad, the client says so")
    read_end, write_end = os.pipe()
    os.close(read_end)
    with open("/dev/full", "wb") as full:
        outputs = {"/dev/full": full, "broken pipe": write_end, "closed": None}
        for name, output in outputs.items():
            left = 2 if lab.short else 8
            while left > 0:
                # Nobody will read a broken pipe again: after one message that server ends.
                one = name == "broken pipe"
                refused(lab, case, name, output, 1 if one else left)
                left -= 1 if one else left
    os.close(write_end)
    return case


def refused(lab, case, name, output, messages):
    """Messages to a server with such an output."""
    options = {} if output is None else {"stdout": output}
    command = [lab.bin / "server"]
    if output is None:
        command = ["sh", "-c", 'exec "$0" >&-', lab.bin / "server"]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
    server.stderr.readline()  # that it cannot say its pid
    for _ in range(messages):
        code, errors = lab.say(server.pid, "nowhere", *TIMEOUT)
        said = code == 1 and "could not write" in errors
        case.count("refused" if said else "lost", f"{name}: exit {code} {errors}")
    if name != "broken pipe":
        server.terminate()
    server.communicate(timeout=20)
    expected = 74 if name == "broken pipe" else 0
    if server.returncode != expected:
        case.count("lost", f"{name}: the server ended with {server.returncode}")


def slow_output(lab):
    case = Case("standard output a pipe that is slow, or non-blocking: whole all the same")
    for blocking in (True, False):
        read_end, write_end = os.pipe()
        os.set_blocking(write_end, blocking)
        with Server(lab, "--idle-timeout", "20", stdout=write_end) as server:
            os.close(write_end)
            message = "slow " * 15_000  # more than a pipe holds
            client = lab.client_with_file(server.pid, message, "--timeout", "20")
            received = b""
            while not received.endswith(b"slow \n"):
                if not select.select([read_end], [], [], 30)[0]:
                    break
                received += os.read(read_end, 2000)
                time.sleep(0.001)
            code, errors = lab.finish(client)
            exact = received == f"{server.pid}\n{message}\n".encode()
            case.count("delivered" if code == 0 and exact else "lost",
                       f"exit {code} {errors} {len(received)} bytes")
        os.close(read_end)
    return case


def stuck_output(lab):
    case = Case("standard output a pipe that nobody reads: refused in time, the next is served")
    read_end, write_end = os.pipe()
    with Server(lab, "--idle-timeout", "1", stdout=write_end) as server:
        os.close(write_end)
        code, errors = lab.finish(
            lab.client_with_file(server.pid, "stuck " * 15_000, "--timeout", "20"))
        case.count("refused" if code == 1 and "could not write" in errors else "lost",
                   f"exit {code} {errors}")
        received = os.read(read_end, 1 << 20)  # now somebody does
        code, errors = lab.say(server.pid, "free again", *TIMEOUT)
        received += os.read(read_end, 1 << 20)
        own_line = received.endswith(b"\nfree again\n")
        case.count("delivered" if code == 0 and own_line else "lost", f"{code} {received[-40:]}")
    os.close(read_end)
    return case


def terminal_escapes(lab):
    case = Case("escape sequences do not reach a terminal raw")
    master, slave = pty.openpty()
    with Server(lab, stdout=slave) as server:
        time.sleep(0.3)
        for message in ("\x1b[2J\x1b]0;title\x07", "\x9b31m", "a\rb\x7f", "\x00"[:0] + "\u202e"):
            code, errors = lab.say(server.pid, message, *TIMEOUT)
            if code != 0:
                case.count("lost", errors)
        shown = b""
        while select.select([master], [], [], 0.3)[0]:
            shown += os.read(master, 4096)
        raw = [byte for byte in shown if byte < 32 and byte not in b"\r\n"] + (
            [shown] if b"\xc2\x9b" in shown else [])
        case.count("damaged" if raw or b"\\x1b[2J" not in shown else "delivered", repr(shown))
    os.close(master)
    os.close(slave)
    return case


PRELUDES = {
    "blocked": "signal.pthread_sigmask(signal.SIG_BLOCK, BOTH)",
    "everything blocked": "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())",
    "ignored": "[signal.signal(s, signal.SIG_IGN) for s in BOTH]",
    "SIGCHLD ignored": "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "pending": "signal.pthread_sigmask(signal.SIG_BLOCK, BOTH); "
               "[os.kill(os.getpid(), s) for s in BOTH]",
    "SIGPIPE ignored": "signal.signal(signal.SIGPIPE, signal.SIG_IGN)",
    "stdin closed": "os.close(0)",
    "SIGHUP ignored": "signal.signal(signal.SIGHUP, signal.SIG_IGN)",
    "alarm running": "signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1); "
                     "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])",
}


def prelude(what):
    """Words that start a program with something odd to inherit."""
    return [sys.executable, "-c",
            "import os, signal, sys\nBOTH = [signal.SIGUSR1, signal.SIGUSR2]\n"
            f"{PRELUDES[what]}\nos.execv(sys.argv[1], sys.argv[1:])"]


def inherited_by_server(lab):
    case = Case("server started with signals blocked, ignored, pending; stdin closed; and so on")
    for what in PRELUDES:
        server = subprocess.Popen([*prelude(what), lab.bin / "server"], stdout=subprocess.PIPE)
        pid = int(server.stdout.readline())
        code, errors = lab.say(pid, "hello", *TIMEOUT)
        printed = server.stdout.readline()
        server.send_signal(signal.SIGTERM)
        ended = server.wait(20)
        good = code == 0 and printed == b"hello\n" and ended == 0
        case.count("delivered" if good else "lost", f"{what}: {code} {printed} {ended} {errors}")
    return case


def inherited_by_client(lab):
    case = Case("client started with signals blocked, ignored, pending; stdin closed; and so on")
    with Server(lab) as server:
        for index, what in enumerate(PRELUDES):
            message = f"{what} {index}"
            code, errors = lab.finish(subprocess.Popen(
                [*prelude(what), lab.bin / "client", str(server.pid), message],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE))
            good = code == 0 and server.printed().count(message.encode()) == 1
            case.count("delivered" if good else "lost", f"{what}: exit {code} {errors}")
        leftovers(case, server)
    return case


def never_reaped(lab):
    case = Case("programs whose parent never reaps: a zombie server counts as dead")
    with Server(lab) as server:
        client = lab.client(server.pid, "w" * 50_000, *TIMEOUT)
        time.sleep(0.2)
        os.kill(server.pid, signal.SIGKILL)  # stays a zombie until the with-block ends
        code, errors = lab.finish(client)
        case.count("refused" if code == 75 else "lost", f"exit {code} {errors}")
        code, errors = lab.say(server.pid, "hello", *TIMEOUT)
        case.count("refused" if code == 69 else "lost", f"exit {code} {errors}")
    return case
