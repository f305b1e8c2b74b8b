"""An implementation of a server and a client, anybody's: its name and how its programs are called.
Comes from a manifest (results/external.schema.json), a folder or two programs."""
import dataclasses
import json
import os
import pathlib
import re
import shlex

from minitalk import processes
from minitalk.exit_status import Failed

BUILD_SECONDS = 120
LONGEST_ARGUMENT = 131_071
NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
KEYS = {"name": str, "directory": str, "build": list, "server": list, "client": list,
        "classic": str}
PROGRAMS = ("server", "client")
MAKEFILES = ("Makefile", "makefile", "GNUmakefile")
MAKE_VARIABLES = ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL", "SERVER", "CLIENT", "DIR",
                  "MANIFEST", "ARGS", "OUT", "BUILD", "RESULT", "PRESET")


@dataclasses.dataclass(frozen=True)
class Implementation:
    """`folder` is where its commands run. `client` holds {pid} and {text}, once each."""
    name: str
    folder: pathlib.Path
    server: tuple
    client: tuple
    build: tuple = ()
    classic: str | None = None

    def client_words(self, pid, text):
        """The client's command line. `pid` is any text; `text` is bytes, or a str."""
        values = {b"{pid}": os.fsencode(str(pid)), b"{text}": as_bytes(text)}
        return [filled(os.fsencode(word), values) for word in self.client]

    def longest_text(self):
        """In bytes: Linux refuses an argument of 128 KiB, its final zero included."""
        word = next(word for word in self.client if "{text}" in word)
        return LONGEST_ARGUMENT - len(os.fsencode(word.replace("{text}", "")))

    def program(self):
        """The client without its arguments: what comes before {pid} and {text}."""
        first = next(i for i, word in enumerate(self.client) if "{pid}" in word or "{text}" in word)
        return list(self.client[:first])

    def as_document(self):
        """As a manifest has it, with an absolute folder."""
        return {"name": self.name, "directory": str(self.folder), "build": list(self.build),
                "server": list(self.server), "client": list(self.client)}


def as_bytes(text):
    return text if isinstance(text, bytes) else os.fsencode(text)


def filled(word, values):
    """In one pass: a text that holds {pid} stays as it is."""
    return re.sub(rb"\{pid\}|\{text\}", lambda match: values[match.group()], word)


def read(path):
    """The implementation that a manifest describes. Raises Failed, which names file and remedy."""
    path = pathlib.Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Failed(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise Failed(f"{path} is not JSON: {error}") from error
    return from_document(document, path)


def from_document(document, path):
    """`path`: the manifest's own, for messages and for what "directory" is relative to."""
    problem = offence(document)
    if problem:
        raise Failed(f"{path}: {problem}")
    folder = (path.parent / document.get("directory", ".")).resolve()
    return make(document.get("name"), folder, document["server"], document["client"],
                document.get("build", []), document.get("classic"))


def offence(document):
    """What is wrong with a manifest and what to write instead; nothing: it is right."""
    if not isinstance(document, dict):
        return "a manifest is one JSON object"
    unknown = sorted(set(document) - set(KEYS))
    if unknown:
        return f"unknown key {unknown[0]!r}; there are {', '.join(KEYS)}"
    for key, kind in KEYS.items():
        if key in document and not isinstance(document[key], kind):
            return f"{key!r} has to be a {'list of strings' if kind is list else 'string'}"
        if kind is list and not all(isinstance(word, str) for word in document.get(key, [])):
            return f"{key!r} has to be a list of strings"
    for key in PROGRAMS:
        if not document.get(key):
            return f"{key!r} is missing: the words of its command line"
    if "name" in document and not NAME.fullmatch(document["name"]):
        return "'name' has to be 1 to 40 of A-Z a-z 0-9 _ . -"
    counts = ["".join(document["client"]).count(part) for part in ("{pid}", "{text}")]
    return None if counts == [1, 1] else "'client' has to hold {pid} and {text} once each"


def make(name, folder, server, client, build=(), classic=None):
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", name or folder.name)[:40] or "unnamed"
    return Implementation(name, folder, tuple(server), tuple(client), tuple(build), classic)


def renamed(implementation, name):
    return dataclasses.replace(implementation, name=name) if name else implementation


def of_folder(folder):
    """A folder with a Makefile, as it is handed in: `make` leaves server and client there."""
    folder = pathlib.Path(folder).resolve()
    if not folder.is_dir():
        raise Failed(f"there is no folder {folder}")
    if (folder / "manifest.json").exists():
        return read(folder / "manifest.json")
    build = ["make"] if any((folder / each).exists() for each in MAKEFILES) else []
    return make(None, folder, ["./server"], ["./client", "{pid}", "{text}"], build)


def of_programs(server, client):
    """Two commands as one types them: `./server`, or `python3 server.py`."""
    words = [shlex.split(command) for command in (server, client)]
    if not all(words):
        raise Failed("SERVER and CLIENT name a program each")
    folder = pathlib.Path.cwd()
    name = (folder / words[0][0]).absolute().parent.name if "/" in words[0][0] else words[0][0]
    return make(name, folder, words[0], [*words[1], "{pid}", "{text}"])


def build(implementation):
    """Runs its own build. Raises Failed with the end of what it said."""
    if not implementation.build:
        return
    # The variables of a make that runs us are no concern of theirs: DIR= would replace their DIR.
    status, stdout, stderr = processes.run(implementation.build, dict.fromkeys(MAKE_VARIABLES),
                                           implementation.folder, BUILD_SECONDS)
    if status != 0:
        said = " | ".join((stdout + stderr).strip().splitlines()[-3:])
        raise Failed(f"`{' '.join(implementation.build)}` in {implementation.folder} ended with "
                     f"{status}: {said}")


def check_programs(implementation):
    """Raises Failed unless both programs can be started."""
    for what in PROGRAMS:
        word = getattr(implementation, what)[0]
        if "/" in word:
            path = implementation.folder / word
            if not path.is_file():
                raise Failed(f"there is no {what} {path}: build it first, or name it with "
                             f"{what.upper()}=path")
            if not os.access(path, os.X_OK):
                raise Failed(f"{path} is not executable: chmod +x {path}")
