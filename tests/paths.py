"""Where things are, for all tests. ctest sets the variables; without them it is build/."""
import os
import pathlib

SOURCE = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("MINITALK_BUILD") or SOURCE / "build").resolve()
BIN = BUILD / "bin"
BENCH = BIN / "minitalk-bench"
VERIFY = BIN / "minitalk-verify"
LAB = SOURCE / "scripts" / "lab"
FIXTURES = BUILD / "tests" / "fixtures"
# The C++ compiler that made them.
COMPILER = os.environ.get("MINITALK_CXX", "c++")
