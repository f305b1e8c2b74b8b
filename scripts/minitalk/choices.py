"""`scripts/lab choices`: what ./client does by itself against every fixed choice of protocol, wait
and placement, for three sizes, beside busy processes and on one CPU."""
import argparse
import contextlib
import dataclasses
import itertools
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
from typing import Iterator, Sequence

from minitalk import documents, places, processes, terminal
from minitalk.arguments import make_parser
from minitalk.exit_status import Failed

SIZES = (100, 10_000, 1_000_000)
PROTOCOLS = ("lanes", "runs", "index")
PLACES = (("spin", "cross"), ("sleep", "same"), ("sleep", "none"), ("auto", "none"))
DEFAULTS: tuple[str, ...] = ()
SLOWEST = 3.0  # times the best so far: a choice that takes longer is cut off
LONGEST = 120.0  # seconds
START = 10.0  # of a server


@dataclasses.dataclass(frozen=True)
class Conditions:
    busy: int
    one_cpu: bool = False

    @property
    def name(self) -> str:
        if self.one_cpu:
            return "one CPU"
        return f"{self.busy} busy" if self.busy else "quiet"


CONDITIONS = [Conditions(0), Conditions(1), Conditions(2), Conditions(4), Conditions(0, True)]


@contextlib.contextmanager
def under(conditions: Conditions) -> Iterator[None]:
    """Busy processes, that end with us; or one CPU for us and all that we start."""
    allowed = os.sched_getaffinity(0)
    with processes.load(conditions.busy):
        if conditions.one_cpu:
            os.sched_setaffinity(0, {min(allowed)})
        try:
            yield
        finally:
            os.sched_setaffinity(0, allowed)


class Pair:
    """A server of ours that runs, and what clients take."""

    def __init__(self, programs: pathlib.Path, folder: pathlib.Path) -> None:
        self.client = places.end_of(programs, "client")
        self.printed = (folder / "printed").open("w+b")
        self.server = subprocess.Popen([places.end_of(programs, "server"), "--quiet"],
                                       stdout=self.printed)
        end = time.monotonic() + START
        while not (pid := (folder / "printed").read_text().strip()):
            if time.monotonic() > end or self.server.poll() is not None:
                raise Failed("the server did not print its pid")
            time.sleep(0.01)
        self.pid = pid

    def seconds(self, choice: Sequence[str], message: pathlib.Path, timeout: float) -> float:
        """From the client's start to its end, which is when the text was printed; infinite: it took
        longer than the timeout, or failed."""
        start = time.monotonic()
        try:
            done = subprocess.run([self.client, "--quiet", *choice, "--file", message, self.pid],
                                  timeout=timeout, capture_output=True, check=False)
        except subprocess.TimeoutExpired:
            return float("inf")
        return time.monotonic() - start if done.returncode == 0 else float("inf")

    def close(self) -> None:
        self.server.terminate()
        self.server.wait(START)
        self.printed.close()


def choices(protocols: Sequence[str]) -> list[tuple[str, ...]]:
    fixed = [("--protocol", protocol, "--wait", wait, "--pin", pin)
             for protocol, (wait, pin) in itertools.product(protocols, PLACES)]
    return [DEFAULTS, *fixed]


def title(choice: Sequence[str]) -> str:
    return " ".join((choice[1], f"{choice[5]}/{choice[3]}")) if choice else "by itself"


def measure(pair: Pair, size: int, options: argparse.Namespace,
            folder: pathlib.Path) -> dict[str, float]:
    """The median seconds of each choice, taken in turns."""
    message = folder / "message"
    text = b"The quick brown fox jumps over the lazy dog. "
    message.write_bytes((text * (size // len(text) + 1))[:size])
    times: dict[tuple[str, ...], list[float]] = {choice: []
                                                 for choice in choices(options.protocols)}
    best = LONGEST / SLOWEST
    for turn in range(options.turns):
        for choice, taken in times.items():
            if float("inf") in taken:
                continue
            limit = min(LONGEST, SLOWEST * best + 1) if choice or turn else LONGEST
            taken.append(pair.seconds(choice, message, limit))
            best = min(best, taken[-1])
    return {title(choice): statistics.median(taken) for choice, taken in times.items()}


def table(results: dict[tuple[str, int], dict[str, float]]) -> str:
    """One row a condition and size: our own choice, the best fixed one, and how they compare."""
    names = [name for name in next(iter(results.values())) if name != "by itself"]
    rows = []
    for (condition, size), times in results.items():
        best = min(times[name] for name in names)
        rows.append([condition, f"{size:,}", shown(times["by itself"]),
                     f"{best / times['by itself']:.2f}",
                     *(f"**{shown(times[name])}**" if times[name] == best else shown(times[name])
                       for name in names)])
    headings = " | ".join(["", "bytes", "by itself", "share of the best", *names])
    return "\n".join(documents.table(headings, "<" + ">" * (3 + len(names)), rows))


def shown(seconds: float) -> str:
    if seconds == float("inf"):
        return "-"
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def run(words: list[str]) -> int:
    parser = make_parser("choices", __doc__ or "")
    parser.add_argument("--programs", type=pathlib.Path, default=places.programs(),
                        help="where server and client are (default: %(default)s)")
    parser.add_argument("--protocols", nargs="+", default=list(PROTOCOLS), metavar="NAME")
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES), metavar="BYTES")
    parser.add_argument("--conditions", nargs="+", metavar="NAME",
                        choices=[c.name for c in CONDITIONS],
                        default=[c.name for c in CONDITIONS],
                        help=", ".join(c.name for c in CONDITIONS))
    parser.add_argument("--turns", type=int, default=5, help="of each choice (default: 5)")
    options = parser.parse_args(words)
    results = {}
    wanted = [c for c in CONDITIONS if c.name in options.conditions]
    cases = list(itertools.product(wanted, options.sizes))
    with tempfile.TemporaryDirectory(prefix="minitalk-choices-") as folder, \
            terminal.Progress() as progress:
        for conditions, size in cases:
            progress.begin(f"{conditions.name}, {size:,} bytes")
            with under(conditions), \
                    contextlib.closing(Pair(options.programs, pathlib.Path(folder))) as pair:
                results[conditions.name, size] = measure(pair, size, options,
                                                         pathlib.Path(folder))
    print(table(results))
    return 0
