"""Where things are and what they are called: in a checkout, or installed as minitalk-grade and the
like (packaging/cmake/launcher.sh.in), with programs in one folder and scripts in another."""
import os
import pathlib
import re
import shutil

SCRIPTS = pathlib.Path(__file__).resolve().parent
ROOT = SCRIPTS.parent
INSTALLED = not (ROOT / "CMakeLists.txt").is_file()
# An installed script writes below the folder in which it is called.
RESULTS = pathlib.Path("results") if INSTALLED else ROOT / "results"
# How a result file is made, for messages that ask for one.
MEASURE = "minitalk-bench --benchmark_out=FILE" if INSTALLED else "make bench"


def programs():
    """The folder of the compiled programs."""
    if not INSTALLED:
        return ROOT / "build" / "bin"
    found = os.environ.get("MINITALK_BIN") or os.path.dirname(shutil.which("minitalk-bench") or "")
    return pathlib.Path(found or "/usr/bin")


def end_of(folder, name):
    """The path of `server` or `client` in that folder; installed they have longer names."""
    longer = folder / f"minitalk-{name}"
    return longer if longer.exists() else folder / name


def called(script):
    """What a user types, for messages: grade.py, or minitalk-grade."""
    return f"minitalk-{script.replace('_', '-')}" if INSTALLED else f"{script}.py"


def help_text(text):
    """Help with the names that a user types, and without make where there is no Makefile."""
    if not INSTALLED:
        return text
    text = re.sub(r"^  +make .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"scripts/(\w+)\.py", lambda found: called(found[1]), text)
    return text.replace("build/bin/", "")
