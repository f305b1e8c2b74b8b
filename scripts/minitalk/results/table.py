"""CSV, one line a row or one a repetition, each with the machine and the commit, and the table of
the README as markdown, with what is how many times as fast as what.

Sources: RFC 4180 for CSV, but for its CR LF, which Unix tools stumble over: lines end with LF, as
Python's and pandas' own do. GitHub Flavored Markdown, section 4.10, for the table: a bar within a
cell is escaped."""
import csv
import io
import json
import math
from typing import Any, Iterable

from minitalk import documents
from minitalk.results import comparison, reading, validation, verdicts
from minitalk.results.reading import Document, Row
from minitalk.results.verdicts import Verdict

ROW = json.loads(validation.SCHEMA.read_text(encoding="utf-8"))["$defs"]["row"]["properties"]
FIRST = ["name", "protocol", "parameter", "kind", "size_bytes", "payload", "pin", "wait", "load"]
GOOGLES = ["run_name", "run_type", "repetition_index", "threads", "time_unit"]  # always the same
ROW_COLUMNS = [*FIRST, *(key for key in ROW if key not in (*FIRST, *GOOGLES, "samples"))]
SAMPLE_COLUMNS = list(ROW["samples"]["items"]["properties"])
# From the context, so that lines of several files can be told apart.
CONTEXT_COLUMNS = ["cpu_model", "cpu_count", "kernel", "git_commit", "git_dirty", "date"]
QUARTILES = ["bytes_per_second_q1", "bytes_per_second_q3"]
ENOUGH = 3  # repetitions, for a spread
SPREAD_MEANS = ("±: half of what lies between the quartiles of the repetitions, as a share of "
                "their median; where there are at least three")
CONDITION = ["name", "protocol", "kind", "size_bytes", "payload", "pin", "wait"]
MARKDOWN_COLUMNS = ["protocol", "bytes", "payload", "pin/wait", "goodput", "bits/floor",
                    "bits/round", "bits lost", "failed", "session", "verdict"]


def cell(value: Any) -> Any:
    """Empty for null and for what is no number; true and false as in JSON."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else reading.number(value)


def write_csv(header: list[str], lines: Iterable[Iterable[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in line] for line in lines)
    return out.getvalue()


def render_csv(document: Document, rows: list[Row]) -> str:
    # A failed row's zeros are no figures: only its name, condition and message are shown.
    texts = [{key: row.get(key) for key in [*CONDITION, "error_occurred", "error_message"]}
             if reading.failed(row) else row for row in rows]
    origin = [*map(document["context"].get, CONTEXT_COLUMNS)]
    return write_csv([*ROW_COLUMNS, *QUARTILES, *CONTEXT_COLUMNS],
                     ([*map(row.get, ROW_COLUMNS), *(quartiles(row) or (None, None)), *origin]
                      for row in texts))


def render_samples(document: Document, rows: list[Row]) -> str:
    origin = [*map(document["context"].get, CONTEXT_COLUMNS)]
    lines = ([*map(row.get, CONDITION), number, *map(sample.get, SAMPLE_COLUMNS), *origin]
             for row in rows for number, sample in enumerate(row.get("samples", [])))
    return write_csv([*CONDITION, "repetition", *SAMPLE_COLUMNS, *CONTEXT_COLUMNS], lines)


def quartiles(row: Row) -> tuple[float, float] | None:
    """The lower and the upper one of the goodput; None where a spread would be a guess."""
    values = reading.of_samples(row, lambda _row, sample: sample["bytes_per_second"])
    if len(values) < ENOUGH:
        return None
    low, _, high = reading.quartiles(values)
    return low, high


def spread(row: Row) -> str:
    """" ±3 %" behind a goodput, or nothing."""
    found, median = quartiles(row), reading.number(row.get("bytes_per_second"))
    if found is None or not median:
        return ""
    share = 100 * (found[1] - found[0]) / 2 / median
    return f" ±{share:.0f} %" if share >= 1 else " ±<1 %"


def goodput(row: Row) -> str:
    return rate(row.get("bytes_per_second")) + spread(row)


def render_markdown(document: Document, rows: list[Row]) -> str:
    """The verdicts, if there are any, stand in the document under their own name."""
    judged = document.get("verdicts", [])
    lines = documents.table(" | ".join(MARKDOWN_COLUMNS), "<><<>>>>><<",
                            (markdown_line(row, judged) for row in rows))
    compared = [f"- {'/'.join(map(text, place))}, {size:,} bytes of text: {text(sentence)}"
                for place, size, texts in comparison.summary(rows) for sentence in texts]
    if compared:
        compared = ["", "In raw ping-pongs measured beside each repetition, so that the machine's "
                    "drift falls out:", "", *compared]
    return "\n".join([*lines, "", f"{SPREAD_MEANS}.", *compared]) + "\n"


def markdown_line(row: Row, judged: list[Verdict]) -> list[str]:
    verdict = verdicts.of(row, judged)
    failed = {"session": row.get("error_message", "failed")} if reading.failed(row) else {}
    shown = {**cells(row), **failed, "verdict": verdict["word"] if verdict else "-"}
    return [text(shown[heading]) for heading in MARKDOWN_COLUMNS]


def cells(row: Row) -> dict[str, str]:
    """What is shown of a row, by the headings of the bench's columns."""
    def shown(key: str, form: str = "") -> str:
        return "-" if reading.number(row.get(key)) is None else format(row[key], form)
    condition = {"protocol": str(row.get("protocol") or "-"), "bytes": shown("size_bytes", ","),
                 "payload": str(row.get("payload") or "-"),
                 "pin/wait": "/".join(str(row.get(key) or "-") for key in ("pin", "wait"))}
    figures = {"goodput": goodput(row), "bits/floor": shown("bits_per_floor_round", ".2f"),
               "bits/round": shown("bits_per_round", ".2f"), "bits lost": loss(row),
               "failed": f"{shown('messages_failed')}/{shown('messages')}",
               "CPU s/MB": three_digits(row.get("cpu_seconds_per_megabyte")),
               "session": session(row)}
    return condition | (dict.fromkeys(figures, "-") if reading.failed(row) else figures)


def text(value: str) -> str:
    """For a cell of a markdown table."""
    return str(value).replace("|", "\\|").replace("\n", " ")


def three_digits(value: Any) -> str:
    """Significant ones: 0.0655, 6.61, 6,610,000."""
    if reading.number(value) is None:
        return "-"
    if value == 0:
        return "0"
    places = 2 - math.floor(math.log10(abs(float(f"{value:.2e}"))))
    return f"{round(value, places):,.{max(places, 0)}f}"


def rate(value: Any) -> str:
    """As the bench prints it: two places from a thousand on, none below."""
    if reading.number(value) is None:
        return "-"
    scaled, unit = reading.scaled(value, reading.RATES)
    return f"{scaled:.{0 if unit == 'B/s' else 2}f} {unit}"


def loss(row: Row) -> str:
    share = reading.number(row.get("bit_loss"))
    if share is None:
        return "-"
    if share == 0:
        return f"0 of {len(row.get('samples', []))}"
    return "<0.1 %" if share < 0.001 else f"{share * 100:.1f} %"


def session(row: Row) -> str:
    """Rate, and what it took; as bench/table.cc says it."""
    wrong, delivered, refused, retries = (
        reading.number(row.get(f"session_{key}"))
        for key in ("wrong", "delivered", "refused", "retries"))
    relative = reading.number(row.get("relative_time"))
    if relative is not None:
        return f"{relative:.2f} of C"
    if wrong is None:
        return "-"
    if wrong:
        return f"{wrong} WRONG"
    if not delivered:
        return "refused"
    shown = rate(row.get("session_bytes_per_second"))
    if refused:
        return f"{shown} ({refused} of {len(row.get('samples', []))} refused)"
    return f"{shown} ({retries} resent)" if retries else shown
