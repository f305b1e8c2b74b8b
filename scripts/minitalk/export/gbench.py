"""Google Benchmark's JSON with a row for each repetition, and the aggregates that it adds itself.

The result file is that JSON already, with one row a condition. Here compare.py finds the
repetitions, which its U test wants, and `-a` finds aggregates. What wants each name once, as
github-action-benchmark's `googlecpp` does, reads the result file itself.

Source: docs/user_guide.md and tools/gbench of google/benchmark 1.7.1 (compare.py is in Debian's
libbenchmark-tools, /usr/share/benchmark/compare.py), src/json_reporter.cc for the keys."""
import json
import statistics
from typing import Any, Callable

from minitalk.export import figures
from minitalk.results import reading
from minitalk.results.reading import Document, Row, Sample, SampleFigure

AGGREGATES: dict[str, Callable[[list[float]], float]] = {
    "mean": statistics.fmean, "median": statistics.median, "stddev": statistics.stdev}
# A message's, as bench/report.cc reckons them.
TIMES: dict[str, SampleFigure] = {
    "real_time": lambda _row, sample: sample["elapsed_ns"] / max(sample["messages"], 1),
    "cpu_time": lambda _row, sample: ((sample["sender_cpu_ns"] + sample["receiver_cpu_ns"])
                                      / max(sample["messages"], 1)),
}
COUNTERS: dict[str, SampleFigure] = {
    "bytes_per_second": figures.goodput,
    "bits_per_floor_round": reading.bits_per_floor_round,
    "bit_loss": figures.bit_loss,
    "signals_per_byte": figures.signals_per_byte,
}


def render(document: Document, rows: list[Row]) -> str:
    benchmarks = []
    for index, row in enumerate(rows):
        repetitions = repetitions_of(row, index)
        benchmarks += repetitions
        if len(repetitions) > 1:
            benchmarks += [aggregate(name, repetitions) for name in AGGREGATES]
    whole = {"context": reading.pruned(document["context"]), "benchmarks": benchmarks}
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"


def common_keys(row: Row, index: int, repetitions: int) -> dict[str, Any]:
    # The indices keep compare.py, which sorts by them, to the order of the file.
    return {"name": row["name"], "family_index": index, "per_family_instance_index": 0,
            "run_name": row["name"], "run_type": "iteration", "repetitions": repetitions,
            "threads": 1, "time_unit": "ns"}


def repetitions_of(row: Row, index: int) -> list[dict[str, Any]]:
    """Those that have both times; without a time compare.py has nothing to compare."""
    samples = [found for found in (figures_of(row, sample) for sample in
                                   reading.measured(row)) if TIMES.keys() <= found.keys()]
    return [{**common_keys(row, index, len(samples)), "repetition_index": number, **found}
            for number, found in enumerate(samples)]


def figures_of(row: Row, sample: Sample) -> dict[str, Any]:
    found = {key: reading.of_sample(row, sample, figure)
             for key, figure in {**TIMES, **COUNTERS}.items()}
    pruned: dict[str, Any] = reading.pruned({"iterations": sample.get("messages"), **found})
    return pruned


def aggregate(name: str, repetitions: list[dict[str, Any]]) -> dict[str, Any]:
    """Google's adds `_median` to the name; `iterations` is how many repetitions went in."""
    first = repetitions[0]
    made = {key: first[key] for key in ("family_index", "per_family_instance_index", "run_name",
                                        "repetitions", "threads", "time_unit")}
    made.update(name=f"{first['name']}_{name}", run_type="aggregate", aggregate_name=name,
                aggregate_unit="time", iterations=len(repetitions))
    for key in (*TIMES, *COUNTERS):
        values = [row[key] for row in repetitions if key in row]
        if len(values) == len(repetitions):
            made[key] = AGGREGATES[name](values)
    return made
