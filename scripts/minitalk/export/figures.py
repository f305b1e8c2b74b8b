"""The figures that the exporters hand on, each with its unit, which way is better, and how one
repetition gives it, so that a reader gets the spread too."""
from typing import Any, Iterator, NamedTuple

from minitalk.results import reading
from minitalk.results.reading import Row, Sample, SampleFigure


class Figure(NamedTuple):
    key: str  # in a row of the result file
    title: str  # in words, for a chart
    unit: str
    bigger_is_better: bool
    of_sample: SampleFigure | None = None  # None: only a row has it


def goodput(_row: Row, sample: Sample) -> Any:
    return sample["bytes_per_second"]


def session(row: Row, sample: Sample) -> Any:
    return row["size_bytes"] / sample["session_seconds"] if sample["session_delivered"] else 0


def cpu_seconds_per_megabyte(_row: Row, sample: Sample) -> Any:
    return (sample["sender_cpu_ns"] + sample["receiver_cpu_ns"]) / 1e3 / sample["correct_bytes"]


def bit_loss(_row: Row, sample: Sample) -> Any:
    return 1 - min(sample["bits_received"], sample["bits_sent"]) / sample["bits_sent"]


def signals_per_byte(_row: Row, sample: Sample) -> Any:
    return 8 * (sample["signals_to_receiver"] + sample["signals_to_sender"]) / sample["bits_sent"]


FIGURES = [
    Figure("bytes_per_second", "goodput", "bytes/s", True, goodput),
    Figure("bits_per_floor_round", "goodput in units of the floor", "bits/floor round", True,
           reading.bits_per_floor_round),
    Figure("session_bytes_per_second", "goodput of the session", "bytes/s", True, session),
    Figure("latency_ns_p50", "latency, median", "ns", False),
    Figure("latency_ns_p99", "latency, 99th percentile", "ns", False),
    Figure("cpu_seconds_per_megabyte", "CPU time of both ends", "s/MB", False,
           cpu_seconds_per_megabyte),
    Figure("bit_loss", "bits lost", "share", False, bit_loss),
    Figure("signals_per_byte", "signals", "signals/byte", False, signals_per_byte),
]


def present(row: Row, bigger_is_better: bool | None = None) -> Iterator[tuple[Figure, float]]:
    """Each figure that the row has, with its value."""
    for figure in FIGURES:
        value = reading.number(row.get(figure.key))
        wanted = bigger_is_better in (None, figure.bigger_is_better)
        if wanted and value is not None:
            yield figure, value


def spread(row: Row, figure: Figure, value: float) -> tuple[float, float] | None:
    """Least and greatest of the repetitions; None where fewer than two have the figure."""
    values = reading.of_samples(row, figure.of_sample) if figure.of_sample else []
    # Of a pooled figure the row's value may lie beside all of its repetitions'.
    return (min(value, *values), max(value, *values)) if len(values) > 1 else None
