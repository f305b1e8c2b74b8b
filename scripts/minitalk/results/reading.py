"""Reading what minitalk-bench wrote, for the commands that make something else of it: the file or a
one-line error with its exit status; figures that are numbers or None, of a row or of one
repetition; and how rates and times are shown, in every table, picture and line."""
import json
import math
import pathlib
import statistics
from typing import Any, Callable, NoReturn

from minitalk import places
from minitalk.exit_status import DATA, Failed, NO_INPUT

Document = dict[str, Any]  # a result file
Row = dict[str, Any]  # of its "benchmarks"
Sample = dict[str, Any]  # of a row's "samples"
SampleFigure = Callable[[Row, Sample], Any]  # a number, of a repetition

RATES = (("GB/s", 1e9), ("MB/s", 1e6), ("kB/s", 1e3), ("B/s", 1.0))
TIMES = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6))

NAME_ONE = f"name a file of `{places.MEASURE}`"


def refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def read(path: pathlib.Path) -> Document:
    """The whole document. Each error names the remedy, which mostly is to measure again."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Failed(f"cannot read {path}: {error.strerror}; write one with `{places.MEASURE}`",
                     NO_INPUT) from error
    except UnicodeDecodeError as error:
        raise Failed(f"{path} is not text; {NAME_ONE}", DATA) from error
    try:
        document = json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        state = "is not whole JSON" if text.strip() else "is empty"
        raise Failed(f"{path} {state}; measure again with `{places.MEASURE}`", DATA) from error
    # What is merely missing in a row counts as null.
    whole: Document = document if isinstance(document, dict) else {}
    rows, context = whole.get("benchmarks"), whole.get("context")
    if not isinstance(rows, list) or not isinstance(context, dict) or not all(map(is_row, rows)):
        raise Failed(f"{path} is not of minitalk-bench; {NAME_ONE}", DATA)
    if not rows:
        raise Failed(f"{path} holds no rows; measure again, with a --benchmark_filter that matches",
                     DATA)
    return whole


def is_row(row: Any) -> bool:
    samples = row.get("samples", []) if isinstance(row, dict) else None
    return (isinstance(samples, list) and all(isinstance(s, dict) for s in samples)
            and isinstance(row.get("name"), str) and row["name"] != ""
            and row["name"].isprintable())  # half a character can neither be shown nor written


def failed(row: Row) -> bool:
    """Whether no repetition was measured; its zeros are no figures."""
    return row.get("error_occurred") is True


def number(value: Any) -> Any:
    """The figure, or None for what is none: null, a word, or too large for a double."""
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    try:
        return value if real and math.isfinite(value) else None
    except OverflowError:  # an integer
        return None


def pruned(value: Any) -> Any:
    """Without nulls and without what is no number, all the way down."""
    def exists(part: Any) -> bool:
        return part is not None and (not isinstance(part, float) or math.isfinite(part))
    if isinstance(value, dict):
        return {key: pruned(part) for key, part in value.items() if exists(part)}
    return [pruned(part) for part in value if exists(part)] if isinstance(value, list) else value


def measured(row: Row) -> list[Sample]:
    """The repetitions of a row that ran to their end."""
    return [sample for sample in row.get("samples", []) if sample.get("measured")]


def of_sample(row: Row, sample: Sample, figure: SampleFigure) -> Any:
    """A figure of one repetition; None where it does not exist."""
    try:
        return number(figure(row, sample))
    except (KeyError, TypeError, ZeroDivisionError):
        return None  # nothing arrived, or the file does not tell


def of_samples(row: Row, figure: SampleFigure) -> list[float]:
    """A figure of each measured repetition, without those that do not have it."""
    values = (of_sample(row, sample, figure) for sample in measured(row))
    return [value for value in values if value is not None]


def floor_ns(sample: Sample) -> float:
    """The raw round trip around a repetition: before and after it."""
    return float((sample["floor_before_ns"] + sample["floor_after_ns"]) / 2)


def bits_per_floor_round(_row: Row, sample: Sample) -> float:
    """As bench/report.cc reckons it: goodput times the floor around that repetition."""
    return float(sample["bytes_per_second"] * 8 * floor_ns(sample) / 1e9)


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile, between the values where they fall there."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, median, high


def scaled(value: float, units: tuple[tuple[str, float], ...]) -> tuple[float, str]:
    """The value in the largest unit in which it is 1 or more, and that unit's name."""
    unit, scale = next((pair for pair in units if value >= pair[1]), units[-1])
    return value / scale, unit


def three_figures(value: float) -> str:
    """0.05, 1.96, 70.3, 1,685."""
    return f"{value:,.{0 if value >= 99.5 else 1 if value >= 9.95 else 2}f}"


def rate_text(bytes_per_second: float) -> str:
    """Three figures: "12.3 kB/s"; whole bytes."""
    value, unit = scaled(bytes_per_second, RATES)
    return f"{value:.0f} {unit}" if unit == "B/s" else f"{three_figures(value)} {unit}"


def seconds_text(seconds: float) -> str:
    """Three figures: "950 us", "12.3 ms", "1.20 s"."""
    value, unit = scaled(seconds, TIMES)
    return f"{three_figures(value)} {unit}"
