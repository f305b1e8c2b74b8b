#!/usr/bin/env -S /bin/sh -c 'exec "${0%/*}/python.sh" "$0" "$@"'
"""Writes a result file in a form that another tool reads as it is.

    scripts/export.py results/latest.json --format markdown --verdicts results/verdicts.json
    scripts/export.py results/latest.json --format csv --samples --out samples.csv
    make export FORMAT=github-bigger OUT=bigger.json

NaN and infinity never appear; a figure that does not exist is left out (CSV: an empty cell,
markdown: "-"). A row that failed has no figures: csv and markdown say so, the others leave it out.
Where a format comes from is written in its module of scripts/formats.

Exits with 0; 64 usage; 65 not a result file, or nothing in it; 66 it cannot be read; 73 --out
cannot be written."""
import argparse
import pathlib
import signal
import sys

import result_file
import verdicts
from formats import bencher, gbench, github, table

FORMATS = {
    "gbench": gbench.render,
    "github-bigger": github.render_bigger,
    "github-smaller": github.render_smaller,
    "bencher": bencher.render,
    "csv": table.render_csv,
    "markdown": table.render_markdown,
}
TABLES = {"csv", "markdown"}  # which can say that a row failed


def parse(words):
    parser = result_file.Parser(prog="export.py", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
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


def usable(options, document):
    """The rows for this format; says on standard error which are left out."""
    rows = document["benchmarks"]
    if options.format in TABLES:
        return rows
    whole = [row for row in rows if not result_file.failed(row)]
    if not whole:
        raise result_file.ResultError(result_file.DATA, f"every row of {options.result} failed; "
                                      "measure again with `make bench`")
    for row in rows:
        if result_file.failed(row):
            print(f"export.py: left out {row['name']}: {row.get('error_message', 'failed')}",
                  file=sys.stderr)
    return whole


def export(options):
    document = result_file.read(options.result)
    document["verdicts"] = verdicts.read(options.verdicts)
    render = table.render_samples if options.samples else FORMATS[options.format]
    text = render(document, usable(options, document))
    if options.out is None:
        sys.stdout.reconfigure(encoding="utf-8")
        sys.stdout.write(text)
        return
    try:
        options.out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise result_file.ResultError(result_file.CANNOT_CREATE,
                                      f"cannot write {options.out}: {error.strerror}; "
                                      "name another file with --out") from error


def main():
    # Whoever reads only the first lines shall not be answered with a traceback.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        export(parse(sys.argv[1:]))
    except result_file.ResultError as error:
        print(f"export.py: {error}", file=sys.stderr)
        sys.exit(error.status)


if __name__ == "__main__":
    main()
