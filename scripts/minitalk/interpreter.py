"""Finds a Python with the packages that a command wants: the one that runs it may lack what another
here has, such as Debian's own."""
import importlib.util
import os
import shutil
import subprocess
import sys

PYTHONS = ("python3", "/usr/bin/python3")


def need(command: str, *modules: str) -> None:
    """Returns if they can all be imported here; else goes on as a Python that has them, or ends
    the command with 1 and one line that says what to install."""
    missing = prefer(*modules)
    if missing:
        packages = " ".join(f"python3-{name}" for name in missing)
        print(f"{command}: no python3 here has {' and '.join(missing)}; install it with "
              f"apt-get install {packages}", file=sys.stderr)
        sys.exit(1)


def prefer(*modules: str) -> list[str]:
    """Goes on as a Python that has all of them. Returns if this one has them, or none has; what
    this one lacks."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        for name in PYTHONS:
            python = shutil.which(name)
            if python and has(python, modules):
                os.execv(python, [python, *sys.argv])
    return missing


def has(python: str, modules: tuple[str, ...]) -> bool:
    """Whether that Python can import them all."""
    command = [python, "-c", f"import {', '.join(modules)}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
