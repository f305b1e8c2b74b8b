"""Bencher Metric Format, version 0: {benchmark: {measure: {value, lower_value, upper_value}}}.

The bounds are the least and greatest repetition. A measure is named by its slug: our key with
dashes, at most 64 characters.

Source: https://bencher.dev/docs/reference/bencher-metric-format and its schema,
https://bencher.dev/bmf.json; read it with `bencher run --adapter json --file FILE`."""
import json

from minitalk.export import figures
from minitalk.results.reading import Document, Row


def render(_document: Document, rows: list[Row]) -> str:
    made = {row["name"]: measures(row) for row in rows}
    return json.dumps(made, indent=2, allow_nan=False) + "\n"


def measures(row: Row) -> dict[str, dict[str, float]]:
    return {figure.key.replace("_", "-"): metric(value, figures.spread(row, figure, value))
            for figure, value in figures.present(row)}


def metric(value: float, ends: tuple[float, float] | None) -> dict[str, float]:
    if ends is None:
        return {"value": value}
    return {"value": value, "lower_value": ends[0], "upper_value": ends[1]}
