"""A server that runs, and clients that talk to it, in an engine of their own: one exchange is one
client and what became of its message."""
from typing import Any, Sequence

from minitalk.grade.engine import Engine, Exchange, characters
from minitalk.grade.manifest import Implementation

Cpus = tuple[int | None, int | None]  # of server and client; None: anywhere

START_SECONDS = 5  # for a server to print its pid


class Pair:
    """A server and its clients. Use it in a with-block; `start` before anything else.

    `server_prefix`, `client_prefix`: words of a program that runs them, such as a tracer. `cpus`:
    where server and client run; None: anywhere. `slowness`: of those programs, by which every
    timeout is stretched. `caller`: whose client it is; None: the server's own. `sandboxed`: in a
    pid namespace. A client is known by a number."""

    def __init__(self, implementation: Implementation,
                 cpus: Cpus = (None, None),
                 server_prefix: Sequence[str] = (), client_prefix: Sequence[str] = (),
                 slowness: float = 1, caller: Implementation | None = None,
                 sandboxed: bool = False) -> None:
        caller = caller or implementation
        self.plan = {
            "server": words(server_prefix, implementation.server),
            "client": words(client_prefix, caller.client),
            "directory": characters(str(implementation.folder)),
            "client_directory": characters(str(caller.folder)), "slowness": slowness,
            "traced": bool(server_prefix) and server_prefix[0].endswith("strace"),
            **{key: cpu for key, cpu in zip(("server_cpu", "client_cpu"), cpus)
               if cpu is not None}}
        self.engine = Engine(sandboxed)
        self.texts: dict[int, bytes] = {}  # by client
        self.pid = 0
        self.prints_pid = False
        self.said = ""  # by the server, until it had printed its pid
        self.status: int | None = None  # of the server, as it was last seen

    def __enter__(self) -> "Pair":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, limit: float = START_SECONDS) -> bool:
        """Starts the server and waits for its pid on its output. True: it is there."""
        answer = self.engine.ask("start", timeout=limit, **self.plan)
        self.pid, self.said, self.status = answer["pid"], answer["said"], answer["status"]
        self.prints_pid = answer["printed_pid"]
        return self.prints_pid

    def alive(self, seconds: float = 0) -> bool:
        """Whether the server lives, after so many seconds unless it ends before."""
        self.status = self.engine.ask("server", timeout=seconds)["status"]
        return self.status is None

    def stop(self) -> None:
        """Ends the server, every client, and what they left behind."""
        self.engine.close()

    def begin(self, text: bytes) -> int:
        """Starts a client with a message. `finish` it later."""
        return self.note(text, self.engine.ask("begin", text=characters(text)))

    def begin_and_await_work(self, text: bytes, work: float, limit: float) -> tuple[int, bool]:
        """`begin`, and waits until the server has worked so many seconds on it. False: the client
        or its message was too quick."""
        answer = self.engine.ask("begin", text=characters(text), work=work, timeout=limit)
        return self.note(text, answer), answer["in_the_middle"]

    def run(self, command: Sequence[str]) -> int:
        """Starts another program beside. `finish` it later."""
        return self.note(b"", self.engine.ask("begin", command=words(command)))

    def note(self, text: bytes, answer: dict[str, Any]) -> int:
        self.texts[answer["client"]] = text
        return int(answer["client"])

    def send(self, text: bytes, limit: float) -> Exchange:
        """One Exchange, from start to end, of at most `limit` seconds or little more."""
        return self.seen(text, self.engine.ask("send", text=characters(text), timeout=limit))

    def finish(self, clients: Sequence[int], limit: float) -> list[Exchange]:
        """Waits until all messages are there and the clients have ended, or no longer can."""
        answer = self.engine.ask("finish", clients=clients, timeout=limit)
        return [self.seen(self.texts.pop(client), each)
                for client, each in zip(clients, answer["exchanges"])]

    def find(self, exchange: Exchange) -> Exchange:
        """What there is of a message by now."""
        answer = self.engine.ask("find", text=characters(exchange.text), mark=exchange.mark)
        return self.seen(exchange.text, answer)

    def seen(self, text: bytes, answer: dict[str, Any]) -> Exchange:
        self.status = answer["server_status"]
        return Exchange(text, **answer)

    def await_end(self, client: int, limit: float) -> bool:
        """Whether a client ends within that time; one that does nothing any more does not."""
        return bool(self.engine.ask("await", client=client, timeout=limit)["ended"])

    def signal(self, number: int, client: int | None = None) -> None:
        """To a client, or to the server."""
        to = {} if client is None else {"client": client}
        self.engine.ask("signal", signal=int(number), **to)

    def measure(self) -> dict[str, float]:
        """The server's session: cpu_seconds, resident_bytes."""
        return self.engine.ask("measure")

    def call_wrongly(self, command: Sequence[str | bytes]) -> dict[str, Any]:
        """What a client with these words does to itself, the server and two bystanders."""
        return self.engine.ask("call_wrongly", words=words(command))


def words(*commands: Sequence[str | bytes]) -> list[str]:
    return [characters(word) for command in commands for word in command]
