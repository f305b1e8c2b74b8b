"""Child processes that never outlive us: each is the leader of a session of its own, which is ended
as a whole if we are interrupted or it takes too long."""
import contextlib
import os
import pathlib
import signal
import subprocess
from typing import Iterator, Mapping, Sequence

from minitalk.exit_status import Failed

TERMINATION_SECONDS = 5


def run(command: Sequence[object], environment: Mapping[str, str] | None = None,
        folder: pathlib.Path | None = None,
        timeout: float | None = None) -> tuple[int, str, str]:
    """Returns (exit status, stdout, stderr). `environment`: additions to ours. Raises Failed if it
    cannot start or times out."""
    words = [str(word) for word in command]
    try:
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, errors="replace", cwd=folder,
                                 env={**os.environ, **(environment or {})}, start_new_session=True)
    except OSError as error:
        raise Failed(f"cannot run {words[0]}: {error.strerror}") from error
    try:
        stdout, stderr = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        end(child)
        raise Failed(f"`{' '.join(words)}` took more than {timeout:.3g} s: is the machine "
                     "overloaded?") from error
    except BaseException:  # an interrupt too must not leave it behind
        end(child)
        raise
    return child.returncode, stdout, stderr


@contextlib.contextmanager
def load(count: int) -> Iterator[None]:
    """Busy processes, that end with the block, and with us."""
    command = ["setpriv", "--pdeathsig", "KILL", "sh", "-c", "while :; do :; done"]
    busy: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            busy.append(subprocess.Popen(command))
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def end(child: "subprocess.Popen[str]") -> None:
    """Ends a child and what it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            pass
        try:
            child.communicate(timeout=TERMINATION_SECONDS)
            return
        except subprocess.TimeoutExpired:
            continue
