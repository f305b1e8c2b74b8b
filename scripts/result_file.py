"""Reading what minitalk-bench wrote, for the scripts that make something else of it: the file or a
one-line error with its exit status, and figures that are numbers or None, of a row or of one
repetition."""
import argparse
import json
import math
import statistics
import sys

import ending
import places

# As in sysexits.h.
USAGE, DATA, NO_INPUT, CANNOT_CREATE = 64, 65, 66, 73
NAME_ONE = f"name a file of `{places.MEASURE}`"


class ResultError(Exception):
    """What is wrong and what to do, in one line, and what the program exits with."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Parser(argparse.ArgumentParser):
    """A wrong option is EX_USAGE, as it is in the C++ programs. Argparse says 2, which from
    perf-check would mean a regression."""

    def error(self, message):
        print(f"{self.prog}: {message}; {self.prog} --help tells more", file=sys.stderr)
        ending.tell_below_make(self.prog, USAGE)
        self.exit(USAGE)


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def read(path):
    """The whole document. Each error names the remedy, which mostly is to measure again."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ResultError(NO_INPUT, f"cannot read {path}: {error.strerror}; "
                                    f"write one with `{places.MEASURE}`") from error
    except UnicodeDecodeError as error:
        raise ResultError(DATA, f"{path} is not text; {NAME_ONE}") from error
    try:
        document = json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        state = "is not whole JSON" if text.strip() else "is empty"
        raise ResultError(DATA, f"{path} {state}; measure again with "
                                f"`{places.MEASURE}`") from error
    check(path, document)
    return document


def check(path, document):
    """Refuses JSON of something else. What is merely missing in a row counts as null."""
    rows = document.get("benchmarks") if isinstance(document, dict) else None
    context = document.get("context") if isinstance(document, dict) else None
    whole = isinstance(rows, list) and isinstance(context, dict) and all(map(is_row, rows))
    if not whole:
        raise ResultError(DATA, f"{path} is not of minitalk-bench; {NAME_ONE}")
    if not rows:
        raise ResultError(DATA, f"{path} holds no rows; measure again, with a --benchmark_filter "
                                "that matches")


def is_row(row):
    samples = row.get("samples", []) if isinstance(row, dict) else None
    return (isinstance(samples, list) and all(isinstance(s, dict) for s in samples)
            and isinstance(row.get("name"), str) and row["name"] != ""
            and row["name"].isprintable())  # half a character can neither be shown nor written


def failed(row):
    """Whether no repetition was measured; its zeros are no figures."""
    return row.get("error_occurred") is True


def number(value):
    """The figure, or None for what is none: null, a word, or too large for a double."""
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    try:
        return value if real and math.isfinite(value) else None
    except OverflowError:  # an integer
        return None


def pruned(value):
    """Without nulls and without what is no number, all the way down."""
    if isinstance(value, dict):
        return {key: pruned(part) for key, part in value.items() if exists(part)}
    return [pruned(part) for part in value if exists(part)] if isinstance(value, list) else value


def exists(value):
    return value is not None and (not isinstance(value, float) or math.isfinite(value))


def measured(row):
    """The repetitions of a row that ran to their end."""
    return [sample for sample in row.get("samples", []) if sample.get("measured")]


def of_sample(row, sample, figure):
    """A figure of one repetition; None where it does not exist."""
    try:
        return number(figure(row, sample))
    except (KeyError, TypeError, ZeroDivisionError):
        return None  # nothing arrived, or the file does not tell


def of_samples(row, figure):
    """A figure of each measured repetition, without those that do not have it."""
    values = (of_sample(row, sample, figure) for sample in measured(row))
    return [value for value in values if value is not None]


def floor_ns(sample):
    """The raw round trip around a repetition: before and after it."""
    return (sample["floor_before_ns"] + sample["floor_after_ns"]) / 2


def bits_per_floor_round(_row, sample):
    """As bench/report.cc reckons it: goodput times the floor around that repetition."""
    return sample["bytes_per_second"] * 8 * floor_ns(sample) / 1e9


def quartiles(values):
    """Lower quartile, median, upper quartile, between the values where they fall there."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))
