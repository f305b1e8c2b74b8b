"""Writes a result file in a form that another tool reads as it is.

    scripts/lab export results/latest.json --format markdown --verdicts results/verdicts.json
    scripts/lab export results/latest.json --format csv --samples --out samples.csv
    make export FORMAT=github-bigger OUT=bigger.json

NaN and infinity never appear; a figure that does not exist is left out (CSV: an empty cell,
markdown: "-"). A row that failed has no figures: csv and markdown say so, the others leave it out.

Exits with 0; 64 usage; 65 not a result file, or nothing in it; 66 it cannot be read; 73 --out
cannot be written."""
import argparse
import json
import pathlib
import signal
import statistics
import sys
from typing import Any, Callable, Iterator, NamedTuple

from minitalk import documents, places
from minitalk.arguments import make_parser
from minitalk.exit_status import DATA, Failed
from minitalk.results import reading, table, verdicts
from minitalk.results.reading import Document, Row, Sample, SampleFigure


class Figure(NamedTuple):
    """Of a row, with its unit, which way is better, and how one repetition gives it, so that a
    reader gets the spread too."""
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
AGGREGATES: dict[str, Callable[[list[float]], float]] = {
    "mean": statistics.fmean, "median": statistics.median, "stddev": statistics.stdev}
# A message's, as bench/report.cc reckons them.
TIMES: dict[str, SampleFigure] = {
    "real_time": lambda _row, sample: sample["elapsed_ns"] / max(sample["messages"], 1),
    "cpu_time": lambda _row, sample: ((sample["sender_cpu_ns"] + sample["receiver_cpu_ns"])
                                      / max(sample["messages"], 1)),
}
COUNTERS: dict[str, SampleFigure] = {
    "bytes_per_second": goodput,
    "bits_per_floor_round": reading.bits_per_floor_round,
    "bit_loss": bit_loss,
    "signals_per_byte": signals_per_byte,
}


def present(row: Row, bigger_is_better: bool | None = None) -> Iterator[tuple[Figure, float]]:
    """Each figure that the row has, with its value."""
    for figure in FIGURES:
        value = reading.number(row.get(figure.key))
        if bigger_is_better in (None, figure.bigger_is_better) and value is not None:
            yield figure, value


def spread(row: Row, figure: Figure, value: float) -> tuple[float, float] | None:
    """Least and greatest of the repetitions; None where fewer than two have the figure."""
    values = reading.of_samples(row, figure.of_sample) if figure.of_sample else []
    # Of a pooled figure the row's value may lie beside all of its repetitions'.
    return (min(value, *values), max(value, *values)) if len(values) > 1 else None


def render_gbench(document: Document, rows: list[Row]) -> str:
    """Google Benchmark's JSON with a row for each repetition, and the aggregates that it adds
    itself.

    The result file is that JSON already, with one row a condition. Here compare.py finds the
    repetitions, which its U test wants, and `-a` finds aggregates. What wants each name once, as
    github-action-benchmark's `googlecpp` does, reads the result file itself.

    Source: docs/user_guide.md and tools/gbench of google/benchmark 1.7.1 (compare.py is in Debian's
    libbenchmark-tools, /usr/share/benchmark/compare.py), src/json_reporter.cc for the keys."""
    benchmarks = []
    for index, row in enumerate(rows):
        repetitions = gbench_repetitions(row, index)
        benchmarks += repetitions
        if len(repetitions) > 1:
            benchmarks += [gbench_aggregate(name, repetitions) for name in AGGREGATES]
    return as_json({"context": reading.pruned(document["context"]), "benchmarks": benchmarks})


def gbench_repetitions(row: Row, index: int) -> list[dict[str, Any]]:
    """Those that have both times; without a time compare.py has nothing to compare."""
    samples = [reading.pruned({"iterations": sample.get("messages"), **{
        key: reading.of_sample(row, sample, figure) for key, figure in
        {**TIMES, **COUNTERS}.items()}}) for sample in reading.measured(row)]
    samples = [found for found in samples if TIMES.keys() <= found.keys()]
    # The indices keep compare.py, which sorts by them, to the order of the file.
    return [{"name": row["name"], "family_index": index, "per_family_instance_index": 0,
             "run_name": row["name"], "run_type": "iteration", "repetitions": len(samples),
             "threads": 1, "time_unit": "ns", "repetition_index": number, **found}
            for number, found in enumerate(samples)]


def gbench_aggregate(name: str, repetitions: list[dict[str, Any]]) -> dict[str, Any]:
    """Google's adds `_median` to the name; `iterations` is how many repetitions went in."""
    first = repetitions[0]
    made: dict[str, Any] = {key: first[key] for key in (
        "family_index", "per_family_instance_index", "run_name", "repetitions", "threads",
        "time_unit")}
    made.update(name=f"{first['name']}_{name}", run_type="aggregate", aggregate_name=name,
                aggregate_unit="time", iterations=len(repetitions))
    for key in (*TIMES, *COUNTERS):
        values = [row[key] for row in repetitions if key in row]
        if len(values) == len(repetitions):
            made[key] = AGGREGATES[name](values)
    return made


def render_github(rows: list[Row], bigger_is_better: bool) -> str:
    """Arrays for github-action-benchmark: tools customBiggerIsBetter and customSmallerIsBetter.

    An entry is {name, unit, value} and may have `range` and `extra`, both text; an empty array is
    refused. `range` is "± number": the action takes the number out of it for its chart.

    Source: README.md of benchmark-action/github-action-benchmark, "Examples: custom", and its
    src/extract.ts (extractCustomBenchmarkResult) and src/extractRangeInfo.ts."""
    made = []
    for row in rows:
        for figure, value in present(row, bigger_is_better):
            # The name is the chart's key, so it carries both the row and the figure.
            entry: dict[str, Any] = {"name": f"{row['name']} {figure.title}",
                                     "unit": figure.unit, "value": value}
            ends = spread(row, figure, value)
            extra = f"{len(row.get('samples', []))} repetitions"
            if ends is not None:
                entry["range"] = f"± {(ends[1] - ends[0]) / 2:.6g}"
                extra += f"\nfrom {ends[0]:.6g} to {ends[1]:.6g}"
            made.append({**entry, "extra": extra})
    return as_json(made)


def render_bencher(_document: Document, rows: list[Row]) -> str:
    """Bencher Metric Format, version 0: {benchmark: {measure: {value, lower_value, upper_value}}}.

    The bounds are the least and greatest repetition. A measure is named by its slug: our key with
    dashes, at most 64 characters.

    Source: https://bencher.dev/docs/reference/bencher-metric-format and its schema,
    https://bencher.dev/bmf.json; read it with `bencher run --adapter json --file FILE`."""
    made: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        measures = made.setdefault(row["name"], {})
        for figure, value in present(row):
            ends = spread(row, figure, value)
            bounds = {"lower_value": ends[0], "upper_value": ends[1]} if ends else {}
            measures[figure.key.replace("_", "-")] = {"value": value, **bounds}
    return as_json(made)


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


FORMATS: dict[str, Callable[[Document, list[Row]], str]] = {
    "gbench": render_gbench,
    "github-bigger": lambda _document, rows: render_github(rows, True),
    "github-smaller": lambda _document, rows: render_github(rows, False),
    "bencher": render_bencher,
    "csv": table.render_csv,
    "markdown": table.render_markdown,
}
TABLES = {"csv", "markdown"}  # which can say that a row failed


def parse(words: list[str]) -> argparse.Namespace:
    parser = make_parser("export", __doc__)
    parser.add_argument("result", type=pathlib.Path, help="what minitalk-bench wrote")
    parser.add_argument("--format", required=True, choices=FORMATS, help="of which tool")
    parser.add_argument("--samples", action="store_true", help="csv: one line a repetition")
    parser.add_argument("--verdicts", type=pathlib.Path, metavar="FILE",
                        help="markdown: what minitalk-verify wrote, for a column of it")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE", help="default: standard output")
    options = parser.parse_args(words)
    if options.samples and options.format != "csv":
        parser.error("--samples goes with --format csv")
    if options.verdicts and options.format != "markdown":
        parser.error("--verdicts goes with --format markdown")
    return options


def usable(options: argparse.Namespace, document: Document) -> list[Row]:
    """The rows for this format; says on standard error which are left out."""
    rows: list[Row] = document["benchmarks"]
    if options.format in TABLES:
        return rows
    whole = [row for row in rows if not reading.failed(row)]
    if not whole:
        raise Failed(f"every row of {options.result} failed; measure again with `make bench`",
                     DATA)
    for row in filter(reading.failed, rows):
        print(f"{places.called('export')}: left out {row['name']}: "
              f"{row.get('error_message', 'failed')}", file=sys.stderr)
    return whole


def run(words: list[str]) -> int:
    options = parse(words)
    # Whoever reads only the first lines shall not be answered with a traceback.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    document = reading.read(options.result)
    document["verdicts"] = verdicts.read(options.verdicts)
    render = table.render_samples if options.samples else FORMATS[options.format]
    text = render(document, usable(options, document))
    if options.out is None:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.flush()
    else:
        with documents.creating(options.out, "; name another file with --out"):
            documents.atomic_write(options.out, text)
    return 0
