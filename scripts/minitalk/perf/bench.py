"""minitalk-bench as a source of samples: one call, one fresh pair of processes, one sample; and the
cases that are compared, each a row of the bench."""
import dataclasses
import json
import pathlib
import re
import shutil
import tempfile
from typing import Any, Callable, Sequence

from minitalk import processes
from minitalk.exit_status import Failed
from minitalk.results import facts, reading
from minitalk.results.reading import Row, Sample

SAMPLE_SECONDS = 0.1  # of messages; with floors and start-up a call lasts some 0.15 s
LIMIT_SECONDS = 20  # of a sample that hangs
COUNT_SECONDS = 60  # the same under strace, which stops the bench at each call
CALL_SECONDS = 60
# Calls of barriers between phases and of the harness that waits: they vary with who comes first.
NOT_COUNTED = {"futex", "wait4", "total"}
LOSSY = {protocol.name for protocol in facts.PROTOCOLS if not protocol.loss_free}


@dataclasses.dataclass(frozen=True)
class Case:
    """By the name of the bench's row."""
    name: str

    @property
    def gated(self) -> bool:
        """Otherwise advisory: reported, but it fails nothing. One CPU and sleeping waits: the same
        switches in the same order each time, and as many system calls, so it gates. Two polling
        processes also measure what else runs on the machine, and so do our two programs, which
        poll where they may."""
        return self.name.endswith("/same/sleep")

    @property
    def size(self) -> int:
        return int(self.name.split("/")[1])

    @property
    def lossy(self) -> bool:
        """Whether it may lose bits by nature: then loss is a figure and not a fault."""
        return re.split("[:/]", self.name)[0] in LOSSY


def usual_size(protocol: facts.Protocol) -> int:
    """One that gives some twenty messages or more within a sample, for a median latency."""
    if not protocol.loss_free:
        return 16
    return next(size for most, size in ((2, 32), (8, 64), (256, 1000), (float("inf"), 4096))
                if (protocol.bits_max or protocol.bits_random or 1) <= most)


def suite_of(protocol: facts.Protocol) -> list[str]:
    """Its rows in the suite of CI: on one CPU, if it runs there; on two, one of each kind."""
    varies = protocol.bits_max and protocol.bits_max != protocol.bits_random
    condition = f"{protocol.name}/{usual_size(protocol)}/{'random' if varies else 'text'}"
    return [f"{condition}/{place}" for place, wanted in (
        ("same/sleep", not protocol.wants_two_cpus),
        ("cross/spin", protocol.wants_two_cpus or protocol.name in ("ack", "lanes", "siginfo")))
        if wanted]


SUITES = {"ci": [*(name for protocol in facts.PROTOCOLS for name in suite_of(protocol)),
                 "program/1/text/none/own", "program/100/text/same/own"],
          "smoke": ["ack/32/text/same/sleep", "siginfo/4096/text/same/sleep"]}


def select(suite: str, pattern: str | None = None) -> list[Case]:
    """The cases of a suite whose name matches. Raises re.error for a bad pattern."""
    return [Case(name) for name in SUITES[suite] if re.search(pattern or "", name)]


class Bench:
    """A binary, with what is to be in its environment. `environment_of(case)` may add to that."""

    def __init__(self, binary: str | pathlib.Path,
                 environment_of: Callable[[Case], dict[str, str]] = lambda case: {}) -> None:
        self.binary = pathlib.Path(binary).resolve()
        self.environment_of = environment_of
        self.context: dict[str, Any] = {}  # of the last call: the bench and the machine

    def rows(self, cases: list[Case]) -> set[str]:
        """The names of all rows it can measure, at the sizes of these cases."""
        status, stdout, stderr = processes.run(
            [self.binary, f"--sizes={','.join(map(str, sorted({case.size for case in cases})))}",
             "--benchmark_list_tests"], timeout=CALL_SECONDS)
        if status != 0:
            raise Failed(f"{self.binary} cannot list its rows ({first_line(stderr)}): is it a "
                         "minitalk-bench?")
        return set(stdout.split())

    def sample(self, case: Case, seed: int, seconds: float = SAMPLE_SECONDS,
               prefix: Sequence[str] = (), limit: float = LIMIT_SECONDS) -> Sample:
        """One sample as a dictionary. `prefix`: a program that runs the bench."""
        status, stdout, stderr = processes.run(
            [*prefix, self.binary, f"--sizes={case.size}", f"--seed={seed}",
             f"--benchmark_filter=^{re.escape(case.name)}$", "--benchmark_repetitions=1",
             f"--seconds={seconds}", f"--limit={limit}", "--benchmark_format=json"],
            environment=self.environment_of(case), timeout=3 * limit)
        if status != 0:
            raise Failed(f"{self.binary} ended with {status} at {case.name}: {first_line(stderr)}")
        try:
            document = json.loads(stdout)
            self.context = document["context"]
            return samples_of(document["benchmarks"][0])[0]
        except (ValueError, LookupError, TypeError) as error:
            raise Failed(f"{self.binary} wrote what cannot be read at {case.name}: "
                         f"{error!r}") from error

    def calls_per_byte(self, case: Case, seed: int) -> float | None:
        """System calls for a byte, counted by strace, or None where that cannot be done.

        Counting from outside also sees calls that the program does not know of. Two runs of
        different length differ by nothing but messages: floors, session and start-up cancel. The
        link's clock is switched off, because how often it ticks depends on how long it takes. A
        busy machine moves a single message in the shorter ones of the longer runs."""
        short = self.count(case, seed, 0.001)
        for seconds in (0.03, 0.3, 3) if short else ():
            long = self.count(case, seed, seconds)
            if short and long and long[1] > short[1]:
                return (long[0] - short[0]) / ((long[1] - short[1]) * case.size)
        return None

    def count(self, case: Case, seed: int, seconds: float) -> tuple[int, int] | None:
        """The calls of one bench run and how many messages it moved."""
        strace = shutil.which("strace")
        if strace is None or not case.gated:
            return None
        with tempfile.NamedTemporaryFile("r", prefix="minitalk-calls-") as table:
            prefix = [strace, "-f", "-c", "-U", "calls,name", "-e", "inject=setitimer:retval=0",
                      "-o", table.name]
            try:
                sample = self.sample(case, seed, seconds, prefix, COUNT_SECONDS)
            except Failed:
                return None
            lines = map(str.split, table.read().splitlines())
            calls = sum(int(words[0]) for words in lines if len(words) == 2
                        and words[0].isdigit() and words[1] not in NOT_COUNTED)
            return (calls, sample["messages"]) if sample["measured"] else None


def first_line(text: str) -> str:
    lines = [line for line in text.splitlines() if not line.startswith("warning: ")]
    return lines[0] if lines else "it says nothing"


def samples_of(row: Row) -> list[Sample]:
    """The repetitions of a row of the bench, reduced to what is compared."""
    alone = len(row["samples"]) == 1  # then the row's percentiles are the sample's
    return [reduce(sample, row if alone else {}, row["kind"] not in ("carrier", "program"))
            for sample in row["samples"]]


def reduce(sample: Sample, row: Row, has_signals: bool) -> Sample:
    sent = sample["bits_sent"]
    return {
        **{key: sample[key] for key in ("measured", "messages", "messages_failed",
                                        "bytes_per_second")},
        # A session that says it delivered, and did not, shows in the row alone.
        "session_wrong": row.get("session_wrong") or 0,
        "latency_ns_p50": row.get("latency_ns_p50"),
        "latency_ns_p99": row.get("latency_ns_p99"),
        "bit_loss": max(0, sent - sample["bits_received"]) / sent if sent else None,
        "signals_per_byte": 8 * (sample["signals_to_receiver"] + sample["signals_to_sender"]) / sent
        if has_signals and sent else None,
        "floor_ns": reading.floor_ns(sample),
    }
