"""An implementation of a server and a client, anybody's: its name and how its programs are called.
Comes from a manifest (results/external.schema.json), a folder or two programs."""
import dataclasses
import pathlib
import re
import shlex
from typing import Any

from minitalk.exit_status import Failed
from minitalk.grade.engine import characters, Engine

BUILD_SECONDS = 120
LONGEST_ARGUMENT = 131_071
NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
PROGRAMS = ("server", "client")
MAKEFILES = ("Makefile", "makefile", "GNUmakefile")
# Of a make that runs us, and no concern of theirs: DIR= would replace their DIR.
MAKE_VARIABLES = ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL", "SERVER", "CLIENT", "DIR",
                  "MANIFEST", "ARGS", "OUT", "BUILD", "RESULT", "PRESET")


@dataclasses.dataclass(frozen=True)
class Implementation:
    """`folder` is where its commands run. `client` holds {pid} and {text}, once each."""
    name: str
    folder: pathlib.Path
    server: tuple[str, ...]
    client: tuple[str, ...]
    build: tuple[str, ...] = ()
    classic: str | None = None

    def longest_text(self) -> int:
        """In bytes: Linux refuses an argument of 128 KiB, its final zero included."""
        word = next(word for word in self.client if "{text}" in word)
        return LONGEST_ARGUMENT - len(characters(word)) + len("{text}")

    def program(self) -> list[str]:
        """The client without its arguments: what comes before {pid} and {text}."""
        first = next(i for i, word in enumerate(self.client) if "{pid}" in word or "{text}" in word)
        return list(self.client[:first])

    def as_document(self) -> dict[str, Any]:
        """As a manifest has it, with an absolute folder."""
        return {"name": self.name, "directory": str(self.folder), "build": list(self.build),
                "server": list(self.server), "client": list(self.client)}


def read(path: pathlib.Path) -> Implementation:
    """The implementation that a manifest describes. Raises Failed, which names file and remedy."""
    with Engine() as engine:
        found = engine.ask("manifest", path=characters(str(path)))
    return Implementation(found["name"], pathlib.Path(found["directory"]), tuple(found["server"]),
                          tuple(found["client"]), tuple(found["build"]), found["classic"] or None)


def of_folder(folder: pathlib.Path) -> Implementation:
    """A folder with a Makefile, as it is handed in: `make` leaves server and client there."""
    folder = pathlib.Path(folder).resolve()
    if not folder.is_dir():
        raise Failed(f"there is no folder {folder}")
    if (folder / "manifest.json").exists():
        return read(folder / "manifest.json")
    build = ("make",) if any((folder / each).exists() for each in MAKEFILES) else ()
    return Implementation(usual_name(folder.name), folder, ("./server",),
                          ("./client", "{pid}", "{text}"), build)


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


def build(implementation: Implementation) -> None:
    """Runs its own build and checks that both programs can be started. Raises Failed with the end
    of what the build said, or with what is missing."""
    lists = {key: [characters(word) for word in getattr(implementation, key)]
             for key in ("build", *PROGRAMS)}
    with Engine(hidden=MAKE_VARIABLES) as engine:
        engine.ask("build", name=implementation.name, timeout=BUILD_SECONDS,
                   directory=characters(str(implementation.folder)), **lists)
