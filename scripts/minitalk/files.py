"""Files that are written atomically: either there whole or not at all."""
import contextlib
import errno
import json
import os
import pathlib
from typing import Any, Iterator

from minitalk.exit_status import CANNOT_CREATE, Failed


def atomic_write(path: pathlib.Path, text: str) -> None:
    """By an atomic rename. Makes the folder. Raises OSError."""
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
        begin, end = "{", "}"
        items = [f"{json.dumps(key, ensure_ascii=False)}: {json_text(member, depth + 1)}"
                 for key, member in value.items()]
    else:
        begin, end = "[", "]"
        items = [json_text(item, 2) for item in value]
    between = "\n" + " " * (depth + 1)
    return begin + between + f",{between}".join(items) + "\n" + " " * depth + end


def atomic_write_json(path: pathlib.Path, document: Any) -> None:
    atomic_write(path, json_text(document) + "\n")


def check_creatable(path: pathlib.Path) -> None:
    """Before work that would be lost otherwise. Makes the folder. Raises Failed."""
    with creating(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


@contextlib.contextmanager
def creating(path: pathlib.Path, remedy: str = "") -> Iterator[None]:
    """An OSError inside says that this path cannot be written, and what to do."""
    try:
        yield
    except OSError as error:
        raise Failed(f"cannot write {path}: {error.strerror}{remedy}", CANNOT_CREATE) from error
