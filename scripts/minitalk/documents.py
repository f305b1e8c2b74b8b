"""What commands leave behind: files written atomically, JSON with a row a line, tables of markdown,
and where and when a document was made."""
import contextlib
import datetime
import errno
import json
import os
import pathlib
import platform
from typing import Any, Iterable, Iterator

from minitalk.exit_status import CANNOT_CREATE, Failed


def atomic_write(path: pathlib.Path, text: str) -> None:
    """By an atomic rename: the file is there whole or not at all. Makes the folder. Raises
    OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")  # a device or a fifo is not replaced
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def json_text(value: Any, depth: int = 0) -> str:
    """A row a line: each item of a list, and each member of the outer two objects."""
    if depth == 2 or not value or not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if isinstance(value, dict):
        items = [f"{json.dumps(key, ensure_ascii=False)}: {json_text(member, depth + 1)}"
                 for key, member in value.items()]
    else:
        items = [json_text(item, 2) for item in value]
    brackets = "{}" if isinstance(value, dict) else "[]"
    between = "\n" + " " * (depth + 1)
    return brackets[0] + between + f",{between}".join(items) + "\n" + " " * depth + brackets[1]


def atomic_write_json(path: pathlib.Path, document: Any) -> None:
    atomic_write(path, json_text(document) + "\n")


@contextlib.contextmanager
def creating(path: pathlib.Path, remedy: str = "") -> Iterator[None]:
    """An OSError inside says that this path cannot be written, and what to do."""
    try:
        yield
    except OSError as error:
        raise Failed(f"cannot write {path}: {error.strerror}{remedy}", CANNOT_CREATE) from error


def check_creatable(path: pathlib.Path) -> None:
    """Before work that would be lost otherwise. Makes the folder. Raises Failed."""
    with creating(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


def provenance() -> dict[str, Any]:
    """When and where: the keys "date" and "machine"."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            cpu_model = next(line.split(":", 1)[1].strip() for line in file
                             if line.startswith(("model name", "Model", "Processor")))
    except (OSError, StopIteration):
        cpu_model = platform.machine()
    return {"date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "machine": {"cpu_model": cpu_model, "cpu_count": len(os.sched_getaffinity(0)),
                        "kernel": platform.release()}}


def provenance_text(document: dict[str, Any]) -> str:
    machine = document["machine"]
    return (f"{machine['cpu_model']}, {machine['cpu_count']} CPUs, Linux {machine['kernel']}, "
            f"{document['date']}")


def escaped(text: str) -> str:
    """Text from anywhere for a cell of a markdown table: no pipe, no markup, one line."""
    for char in "\\`*_<>[]|~":
        text = text.replace(char, f"\\{char}" if char != "<" else "&lt;")
    return " ".join(text.split())


def table(headings: str, alignment: str, rows: Iterable[Iterable[object]]) -> list[str]:
    """The lines of a markdown table. `headings`: with | between them; `alignment`: < or > for each
    column."""
    rules = "|".join("---:" if each == ">" else "---" for each in alignment)
    return [f"| {headings.rstrip()} |".replace("|  |", "| |"), f"|{rules}|",
            *(f"| {' | '.join(map(str, row))} |" for row in rows)]
