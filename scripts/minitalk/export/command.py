"""Writes a result file in a form that another tool reads as it is.

    scripts/lab export results/latest.json --format markdown --verdicts results/verdicts.json
    scripts/lab export results/latest.json --format csv --samples --out samples.csv
    make export FORMAT=github-bigger OUT=bigger.json

NaN and infinity never appear; a figure that does not exist is left out (CSV: an empty cell,
markdown: "-"). A row that failed has no figures: csv and markdown say so, the others leave it out.
Where a format comes from is written in its module of scripts/minitalk/export.

Exits with 0; 64 usage; 65 not a result file, or nothing in it; 66 it cannot be read; 73 --out
cannot be written."""
import argparse
import pathlib
import signal
import sys
from typing import Callable

from minitalk import files, places
from minitalk.arguments import make_parser
from minitalk.exit_status import DATA, Failed
from minitalk.export import bencher, gbench, github, table
from minitalk.results import reading, verdicts
from minitalk.results.reading import Document, Row

NAME = places.called("export")

FORMATS: dict[str, Callable[[Document, list[Row]], str]] = {
    "gbench": gbench.render,
    "github-bigger": github.render_bigger,
    "github-smaller": github.render_smaller,
    "bencher": bencher.render,
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
    for row in rows:
        if reading.failed(row):
            print(f"{NAME}: left out {row['name']}: {row.get('error_message', 'failed')}",
                  file=sys.stderr)
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
        with files.creating(options.out, "; name another file with --out"):
            files.atomic_write(options.out, text)
    return 0
