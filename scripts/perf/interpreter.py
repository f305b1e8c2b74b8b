"""Finds a Python with numpy: the one on PATH may lack what Debian's own has."""
import importlib.util
import os
import pathlib
import subprocess
import sys

DEBIAN = pathlib.Path("/usr/bin/python3")


def need_numpy():
    """Returns if it can be imported here; else goes on as Debian's Python, or ends with 1."""
    try:
        import numpy  # noqa: F401  (asked for, not used)
    except ImportError as error:
        if DEBIAN.exists() and pathlib.Path(sys.executable).resolve() != DEBIAN.resolve():
            os.execv(DEBIAN, [str(DEBIAN), *sys.argv])
        print(f"{pathlib.Path(sys.argv[0]).name}: {error}; install it with\n"
              "  apt-get install python3-numpy python3-matplotlib", file=sys.stderr)
        sys.exit(1)


def prefer_matplotlib():
    """Returns if it can be imported here, or nowhere: then there will be no pictures."""
    command = [str(DEBIAN), "-c", "import matplotlib"]
    if importlib.util.find_spec("matplotlib") is None and DEBIAN.exists() \
            and subprocess.run(command, capture_output=True, check=False).returncode == 0:
        os.execv(DEBIAN, [str(DEBIAN), *sys.argv])
