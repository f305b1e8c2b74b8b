"""Running commands, for the tests of what users type."""
import contextlib
import io
import signal
import subprocess
from unittest import mock

from minitalk import cli

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
