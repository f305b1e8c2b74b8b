"""Builds that fail for reasons that are no fault of a pair: which kind a failure is, and a compiler
that applies the usual remedies. As a program, `lenient.py LOG COMPILER WORD...`, it is that
compiler, which the build finds on its PATH under the names that Makefiles use."""
import os
import pathlib
import re
import shutil
import sys
from typing import Sequence

COMPILERS = ("cc", "gcc", "clang", "c99", "gcc-12", "clang-12")
ADDED = ["-fcommon", "-D_GNU_SOURCE", "-Wno-error"]
KINDS = (
    (r"undefined reference|cannot find -l", "linking: a library is missing, or comes before what "
     "needs it"),
    (r"multiple definition", "linking: a variable is defined in several files (-fcommon)"),
    (r"-Werror", "a warning that -Werror makes an error"),
    (r"fatal error:.*No such file", "a header is missing: of a submodule, a package or macOS"),
    (r"No rule to make|No such file|not found", "a file, submodule or tool is missing"),
    (r"undeclared|unknown type|implicit declaration|storage size", "a name that this system does "
     "not declare (-D_GNU_SOURCE), or that macOS alone has"),
    (r"error:", "the compiler refuses it"))


def kind(said: str) -> str:
    """Of a failure, by what the build said; empty: none that is known."""
    return next((words for pattern, words in KINDS if re.search(pattern, said)), "")


def install(folder: pathlib.Path) -> str:
    """Puts the compiler there under its names; the PATH that finds it first."""
    for name in COMPILERS:
        script = folder / name
        script.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{__file__}' '{folder}/log' {name} "
                          '"$@"\n')
        script.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def changes(folder: pathlib.Path) -> list[str]:
    """What the compiler that was installed there has changed."""
    log = folder / "log"
    return sorted(set(log.read_text().splitlines())) if log.exists() else []


def mended(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words of a compiler with the remedies applied, and these in words."""
    strict = [word for word in words if word.startswith(("-Werror", "-pedantic-errors"))]
    rest = [word for word in words if word not in strict]
    libraries = [word for word in rest if word.startswith("-l") or word.endswith(".a")]
    others = [word for word in rest if word not in libraries]
    told = [*ADDED[:2], *(f"without {word}" for word in strict)]
    if "-c" in words or rest == others + libraries:
        return [*ADDED, *rest], told
    return [*ADDED, *others, *libraries], [*told, "libraries last"]


def main() -> None:
    log, name, *words = sys.argv[1:]
    path = os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep)
                           if part != os.path.dirname(log))
    words, told = mended(words)
    program = shutil.which(name, path=path) or shutil.which("cc", path=path) or "cc"
    with open(log, "a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in told)
    os.execv(program, [program, *words])


if __name__ == "__main__":
    main()
