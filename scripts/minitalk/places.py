"""Where things are and what they are called: in a checkout, or installed as minitalk-grade and the
like (packaging/cmake/launcher.sh.in), with programs in one folder and scripts in another; and a
Python with the packages that a command needs, which the one that runs it may lack."""
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys

PYTHONS = ("python3", "/usr/bin/python3")

SCRIPTS = pathlib.Path(__file__).resolve().parents[1]
ROOT = SCRIPTS.parent
INSTALLED = not (ROOT / "CMakeLists.txt").is_file()
# An installed command writes below the folder in which it is called.
RESULTS = pathlib.Path("results") if INSTALLED else ROOT / "results"
# How a result file is made, for messages that ask for one.
MEASURE = "minitalk-bench --benchmark_out=FILE" if INSTALLED else "make bench"


def programs() -> pathlib.Path:
    """The folder of the compiled programs."""
    if not INSTALLED:
        return ROOT / "build" / "bin"
    found = os.environ.get("MINITALK_BIN") or os.path.dirname(shutil.which("minitalk-bench") or "")
    return pathlib.Path(found or "/usr/bin")


def end_of(folder: pathlib.Path, name: str) -> pathlib.Path:
    """The path of `server` or `client` in that folder; installed they have longer names."""
    longer = folder / f"minitalk-{name}"
    return longer if longer.exists() else folder / name


def called(command: str) -> str:
    """What a user types for a command, for messages: minitalk-grade, grade.py or lab grade."""
    if INSTALLED:
        return f"minitalk-{command}"
    launcher = f"{command.replace('-', '_')}.py"
    return launcher if pathlib.Path(sys.argv[0]).name == launcher else f"lab {command}"


def help_text(text: str) -> str:
    """Help with the names that a user types, and without make where there is no Makefile."""
    if not INSTALLED:
        return text
    text = re.sub(r"^  +make .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"scripts/(?:lab ([\w-]+)|(\w+)\.py)",
                  lambda found: called(found[1] or found[2].replace("_", "-")), text)
    return text.replace("build/bin/", "")


def need_modules(command: str, *modules: str) -> None:
    """Returns if they can all be imported here; else goes on as a Python that has them, or ends
    the command with 1 and one line that says what to install."""
    missing = prefer_modules(*modules)
    if missing:
        packages = " ".join(f"python3-{name}" for name in missing)
        print(f"{command}: no python3 here has {' and '.join(missing)}; install it with "
              f"apt-get install {packages}", file=sys.stderr)
        sys.exit(1)


def prefer_modules(*modules: str) -> list[str]:
    """Goes on as a Python that has all of them. Returns if this one has them, or none has; what
    this one lacks."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    for python in [shutil.which(name) for name in PYTHONS] if missing else ():
        if python and subprocess.run([python, "-c", f"import {', '.join(modules)}"],
                                     capture_output=True, check=False).returncode == 0:
            os.execv(python, [python, *sys.argv])
    return missing
