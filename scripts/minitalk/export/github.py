"""Arrays for github-action-benchmark: tools customBiggerIsBetter and customSmallerIsBetter.

An entry is {name, unit, value} and may have `range` and `extra`, both text; an empty array is
refused. `range` is "± number": the action takes the number out of it for its chart.

Source: README.md of benchmark-action/github-action-benchmark, "Examples: custom", and its
src/extract.ts (extractCustomBenchmarkResult) and src/extractRangeInfo.ts."""
import json
from typing import Any

from minitalk.export import figures
from minitalk.results.reading import Document, Row


def render(rows: list[Row], bigger_is_better: bool) -> str:
    made = [entry(row, figure, value) for row in rows
            for figure, value in figures.present(row, bigger_is_better)]
    return json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def render_bigger(_document: Document, rows: list[Row]) -> str:
    return render(rows, True)


def render_smaller(_document: Document, rows: list[Row]) -> str:
    return render(rows, False)


def entry(row: Row, figure: figures.Figure, value: float) -> dict[str, Any]:
    # The name is the chart's key, so it carries both the row and the figure.
    made = {"name": f"{row['name']} {figure.title}", "unit": figure.unit, "value": value}
    ends = figures.spread(row, figure, value)
    if ends is not None:
        made["range"] = f"± {(ends[1] - ends[0]) / 2:.6g}"
    made["extra"] = extra(row, ends)
    return made


def extra(row: Row, ends: tuple[float, float] | None) -> str:
    """What the chart shows beside the point: how many repetitions, and their ends."""
    text = f"{len(row.get('samples', []))} repetitions"
    return text if ends is None else f"{text}\nfrom {ends[0]:.6g} to {ends[1]:.6g}"
