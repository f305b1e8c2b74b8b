"""minitalk-pair, the engine that runs third-party pairs under supervision, as Python calls it:
typed requests and observations (pairs/README.md). Whatever becomes of this process, the engine ends
with it, and with the engine all that it started."""
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
from typing import Any, Mapping, Sequence

from minitalk import places
from minitalk.exit_status import Failed

NAME = "minitalk-pair"


def characters(data: str | bytes) -> str:
    """Any bytes, one character each, as the engine wants arguments and messages."""
    return os.fsencode(data).decode("latin-1")


class Engine:
    """One process of it. Use it in a with-block. `hidden`: variables that are kept from what it
    starts; `added`: others that it gets."""

    folder: pathlib.Path | None = None  # where it is, unless it is with our other programs

    def __init__(self, sandboxed: bool = False, hidden: Sequence[str] = (),
                 added: Mapping[str, str] | None = None) -> None:
        programs = [folder / NAME for folder in (self.folder, places.programs()) if folder]
        program = next(filter(pathlib.Path.is_file, programs), None)
        if program is None:
            raise Failed(f"there is no {programs[-1]}: run make first")
        # A session of its own: Ctrl-C is for us, and we end it.
        self.process = subprocess.Popen(
            [program, *(["--sandbox"] if sandboxed else [])], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            env={key: value for key, value in os.environ.items() if key not in hidden}
            | dict(added or {}))
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.requests, self.answers = self.process.stdin, self.process.stdout
        self.errors = self.process.stderr

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, request: str, **values: Any) -> dict[str, Any]:
        """Its answer. Raises Failed with what it says if it cannot do that, or is gone."""
        line = json.dumps({"request": request, **values}).encode() + b"\n"
        try:
            self.requests.write(line)
            self.requests.flush()
        except BrokenPipeError:
            pass  # then nothing can be read
        line = self.answers.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": self.why_it_ended()}
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def why_it_ended(self) -> str:
        said = self.errors.read().decode(errors="replace").strip()
        return said.removeprefix(f"{NAME}: ") or f"{NAME} ended in its work"

    def close(self) -> None:
        """Ends it, also in the middle of a request. Safe to call again, if an interrupt broke in:
        Popen's own wait() might then wait for its own lock for ever."""
        for stream in (self.answers, self.errors, self.requests):
            try:
                stream.close()
            except BrokenPipeError:
                pass
        try:
            os.waitpid(self.process.pid, 0)
        except ChildProcessError:
            pass
        self.process.returncode = 0


@dataclasses.dataclass
class Exchange:
    """One message and all that could be seen. Times in seconds from before the client's start; a
    status is as in subprocess, negative for a signal."""
    text: bytes
    delivered: bool = False
    escaped: bool = False  # shown as text in which control characters are escaped
    seconds: float | None = None  # until the whole message stood in the output
    client_seconds: float | None = None  # until the client ended by itself
    client_status: int | None = None  # None: it was killed in the end
    server_status: int | None = None  # None: it lives
    hung: bool = False  # the client was killed because it did nothing any more
    timed_out: bool = False
    server_sleeps_in: str | None = None  # the system call, if the client was killed
    client_sleeps_in: str | None = None
    takes_signals: bool = False  # the client does: there are acknowledgements
    printed: bool = False  # something but blanks, and not the message
    right_bytes: int = 0  # of the message's beginning that stand in the output together
    first_wrong: str = ""  # in words
    client_said: str = ""  # readable text, its end
    server_said: str = ""  # since `mark`
    mark: int = 0  # where in the server's output its own begins

    @property
    def delivery_seconds(self) -> float:
        """REQUIRES: it was delivered."""
        assert self.seconds is not None
        return self.seconds

    def exact(self) -> bool:
        """Nothing at all to object to."""
        return (self.delivered and self.client_status is not None and self.client_status >= 0
                and self.server_status is None)


def signal_name(status: int | None) -> str | None:
    """"SIGSEGV" for the status of a process that it ended; None for one that ended itself."""
    if status is None or status >= 0:
        return None
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
