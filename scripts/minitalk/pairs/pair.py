"""A third-party pair: how its programs are called, which comes from a manifest
(results/external.schema.json), a folder or two programs; and the pair as it runs in an engine of
its own, where one exchange is one client and what became of its message."""
import dataclasses
import pathlib
import random
import re
import shlex
import string
import tempfile
from typing import Any, Sequence

from minitalk.exit_status import Failed
from minitalk.pairs import lenient as lenient_build
from minitalk.pairs.engine import characters, Engine, Exchange

Cpus = tuple[int | None, int | None]  # of server and client; None: anywhere

STILL_SECONDS = 2  # a client that does nothing for so long hangs
START_SECONDS = 5  # for a server to print its pid
BUILD_SECONDS = 120
LONGEST_ARGUMENT = 131_071
NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
PROGRAMS = ("server", "client")
MAKEFILES = ("Makefile", "makefile", "GNUmakefile")
# Of a make that runs us, and no concern of theirs: DIR= would replace their DIR.
MAKE_VARIABLES = ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL", "SERVER", "CLIENT", "DIR",
                  "MANIFEST", "ARGS", "OUT", "BUILD", "RESULT", "PRESET")
LETTERS = string.ascii_letters + string.digits + "  .,;:-"


def text_of(length: int, seed: object = 0) -> bytes:
    """Text that is different for each seed, without a blank at an end. Its first character is a
    letter: what begins with - is an option to many a client."""
    chooser = random.Random(f"{length} {seed}")
    text = chooser.choice(string.ascii_letters) + "".join(chooser.choices(LETTERS, k=length - 1))
    return (text.rstrip() + "x" * length)[:length].encode()


@dataclasses.dataclass(frozen=True)
class Implementation:
    """`folder` is where its commands run. `client` holds {pid} and {text}, once each."""
    name: str
    folder: pathlib.Path
    server: tuple[str, ...]
    client: tuple[str, ...]
    build: tuple[str, ...] = ()
    classic: str | None = None
    remedies: tuple[str, ...] = ()  # that its build needed, in words

    def longest_text(self) -> int:
        """In bytes: Linux refuses an argument of 128 KiB, its final zero included."""
        word = next(word for word in self.client if "{text}" in word)
        return LONGEST_ARGUMENT - len(characters(word)) + len("{text}")

    def program(self) -> list[str]:
        """The client without its arguments: what comes before {pid} and {text}."""
        first = next(i for i, word in enumerate(self.client) if "{pid}" in word or "{text}" in word)
        return list(self.client[:first])


def read(path: pathlib.Path) -> Implementation:
    """The implementation that a manifest describes. Raises Failed, which names file and remedy."""
    with Engine() as engine:
        found = engine.ask("manifest", path=characters(str(path)))
    return Implementation(found["name"], pathlib.Path(found["directory"]), tuple(found["server"]),
                          tuple(found["client"]), tuple(found["build"]), found["classic"] or None)


def of_folder(folder: pathlib.Path) -> Implementation:
    """A folder as it is handed in: `make` leaves server and client there, or one level down where
    the Makefile is there (bonus/ if no other has one); or `make NAME` above."""
    folder = pathlib.Path(folder).resolve()
    if not folder.is_dir():
        raise Failed(f"there is no folder {folder}")
    if (folder / "manifest.json").exists():
        return read(folder / "manifest.json")
    build: tuple[str, ...] = ()
    below = sorted((path.name == "bonus", path) for path in folder.iterdir()
                   if path.is_dir() and has_makefile(path))
    name = usual_name(folder.name)
    if has_makefile(folder):
        build = ("make",)
    elif below and not all((folder / program).exists() for program in PROGRAMS):
        build, folder = ("make",), below[0][1]
    elif has_makefile(folder.parent):
        build = ("make", "-C", "..", folder.name)
    return Implementation(name, folder, ("./server",), ("./client", "{pid}", "{text}"), build)


def has_makefile(folder: pathlib.Path) -> bool:
    return any((folder / each).exists() for each in MAKEFILES)


def of_programs(server: str, client: str) -> Implementation:
    """Two commands as one types them: `./server`, or `python3 server.py`."""
    commands = [shlex.split(command) for command in (server, client)]
    if not all(commands):
        raise Failed("SERVER and CLIENT name a program each")
    folder, first = pathlib.Path.cwd(), commands[0][0]
    name = (folder / first).absolute().parent.name if "/" in first else first
    return Implementation(usual_name(name), folder, tuple(commands[0]),
                          (*commands[1], "{pid}", "{text}"))


def usual_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name)[:40] or "unnamed"


def build(implementation: Implementation, lenient: bool = False) -> Implementation:
    """Runs its own build and checks that both programs can be started. Raises Failed with the first
    error and its kind, or with what is missing. `lenient`: where that fails the usual remedies are
    tried; the result names them."""
    try:
        run_build(implementation)
        return implementation
    except Failed as error:
        kind = lenient_build.kind(str(error))
        if not lenient:
            raise Failed(f"{error}" + (f" ({kind}; --lenient tries the usual remedies)"
                                       if kind else "")) from error
    with tempfile.TemporaryDirectory(prefix="minitalk-build-") as name:
        folder = pathlib.Path(name)
        run_build(implementation, {"PATH": lenient_build.install(folder)})
        return dataclasses.replace(implementation, remedies=tuple(lenient_build.changes(folder)))


def run_build(implementation: Implementation, added: dict[str, str] | None = None) -> None:
    lists = {key: [characters(word) for word in getattr(implementation, key)]
             for key in ("build", *PROGRAMS)}
    with Engine(hidden=MAKE_VARIABLES, added=added) as engine:
        engine.ask("build", name=implementation.name, timeout=BUILD_SECONDS,
                   directory=characters(str(implementation.folder)), **lists)


class RunningPair:
    """A server and its clients. Use it in a with-block; `start` before anything else.

    `server_prefix`, `client_prefix`: words of a program that runs them, such as a tracer. `cpus`:
    where server and client run; None: anywhere. `slowness`: of those programs, by which every
    timeout is stretched. `still`: a client that does nothing for so many seconds hangs. `caller`:
    whose client it is; None: the server's own. `sandboxed`: in a pid namespace. A client is known
    by a number."""

    def __init__(self, implementation: Implementation,
                 cpus: Cpus = (None, None),
                 server_prefix: Sequence[str] = (), client_prefix: Sequence[str] = (),
                 slowness: float = 1, caller: Implementation | None = None,
                 sandboxed: bool = False, still: float = STILL_SECONDS) -> None:
        caller = caller or implementation
        self.plan = {
            "server": words(server_prefix, implementation.server),
            "client": words(client_prefix, caller.client),
            "directory": characters(str(implementation.folder)),
            "client_directory": characters(str(caller.folder)), "slowness": slowness,
            "still": still, "traced": bool(server_prefix) and server_prefix[0].endswith("strace"),
            **{key: cpu for key, cpu in zip(("server_cpu", "client_cpu"), cpus)
               if cpu is not None}}
        self.engine = Engine(sandboxed)
        self.texts: dict[int, bytes] = {}  # by client
        self.pid = 0
        self.prints_pid = False
        self.said = ""  # by the server, as it was last seen
        self.status: int | None = None  # of the server, as it was last seen

    def __enter__(self) -> "RunningPair":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, timeout: float = START_SECONDS) -> bool:
        """Starts the server and waits for its pid on its output. True: it is there."""
        answer = self.engine.ask("start", timeout=timeout, **self.plan)
        self.pid, self.said, self.status = answer["pid"], answer["said"], answer["status"]
        self.prints_pid = answer["printed_pid"]
        return self.prints_pid

    def alive(self, seconds: float = 0) -> bool:
        """Whether the server lives, after so many seconds unless it ends before."""
        answer = self.engine.ask("server", timeout=seconds)
        self.status, self.said = answer["status"], answer["said"]
        return self.status is None

    def stop(self) -> None:
        """Ends the server, every client, and what they left behind."""
        self.engine.close()

    def begin(self, text: bytes) -> int:
        """Starts a client with a message. `finish` it later."""
        return self.note(text, self.engine.ask("begin", text=characters(text)))

    def begin_and_await_work(self, text: bytes, work: float, timeout: float) -> tuple[int, bool]:
        """`begin`, and waits until the server has worked so many seconds on it. False: the client
        or its message was too quick."""
        answer = self.engine.ask("begin", text=characters(text), work=work, timeout=timeout)
        return self.note(text, answer), answer["in_the_middle"]

    def run(self, command: Sequence[str]) -> int:
        """Starts another program beside. `finish` it later."""
        return self.note(b"", self.engine.ask("begin", command=words(command)))

    def note(self, text: bytes, answer: dict[str, Any]) -> int:
        self.texts[answer["client"]] = text
        return int(answer["client"])

    def send(self, text: bytes, timeout: float) -> Exchange:
        """One Exchange, from start to end, of at most `timeout` seconds or little more."""
        return self.seen(text, self.engine.ask("send", text=characters(text), timeout=timeout))

    def finish(self, clients: Sequence[int], timeout: float) -> list[Exchange]:
        """Waits until all messages are there and the clients have ended, or no longer can."""
        answer = self.engine.ask("finish", clients=clients, timeout=timeout)
        return [self.seen(self.texts.pop(client), each)
                for client, each in zip(clients, answer["exchanges"])]

    def find(self, exchange: Exchange) -> Exchange:
        """What there is of a message by now."""
        answer = self.engine.ask("find", text=characters(exchange.text), mark=exchange.mark)
        return self.seen(exchange.text, answer)

    def seen(self, text: bytes, answer: dict[str, Any]) -> Exchange:
        self.status = answer["server_status"]
        return Exchange(text, **answer)

    def await_end(self, client: int, timeout: float) -> bool:
        """Whether a client ends within that time; one that hangs does not."""
        return bool(self.engine.ask("await", client=client, timeout=timeout)["ended"])

    def signal(self, number: int, client: int | None = None) -> None:
        """To a client, or to the server."""
        to = {} if client is None else {"client": client}
        self.engine.ask("signal", signal=int(number), **to)

    def measure(self) -> dict[str, float]:
        """The server's session: cpu_seconds, resident_bytes."""
        return self.engine.ask("measure")

    def call_wrongly(self, command: Sequence[str | bytes], timeout: float) -> dict[str, Any]:
        """What a client with these words does to itself, the server and two bystanders."""
        return self.engine.ask("call_wrongly", words=words(command), timeout=timeout)

    def move_pids(self, above: int) -> None:
        """In a sandbox: the next process has a higher pid, as far as the kernel has them."""
        self.engine.ask("pids", above=above)


def words(*commands: Sequence[str | bytes]) -> list[str]:
    return [characters(word) for command in commands for word in command]
