#!/usr/bin/env -S /bin/sh -c 'exec "${0%/*}/python.sh" "$0" "$@"'
"""Writes one self-contained HTML page of a result file: pictures inline, a table that sorts,
conditions and warnings, verdicts, the raw JSON to download.

    scripts/report.py results/latest.json --verdicts results/verdicts.json --out results/report.html
    make report

Nothing is fetched when it is opened."""
import argparse
import pathlib
import sys

import drawable
import interpreter
import places
import result_file
import verdicts
import whole_file

interpreter.need("jinja2", "matplotlib", "numpy")
# After it is sure that they are there.
from report import page  # noqa: E402

NAME = places.called("report")
EPILOG = """exit status:
  0    the page is there
  1    a Python package is missing
  64   usage
  65   it is no result file
  66   the file cannot be read
  73   the page cannot be written"""


def parse(words):
    parser = result_file.Parser(prog=NAME, description=places.help_text(__doc__),
                                epilog=EPILOG,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=pathlib.Path, help="what minitalk-bench wrote")
    parser.add_argument("--verdicts", type=pathlib.Path, metavar="FILE",
                        help="what minitalk-verify wrote")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE",
                        default=pathlib.Path("results/report.html"),
                        help="where the page goes (default: %(default)s)")
    return parser.parse_args(words)


def main(words):
    options = parse(words)
    try:
        document = drawable.read(options.result)
        text = page.render(document, verdicts.read(options.verdicts))
        write(options.out, text)
    except result_file.ResultError as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        return error.status
    print(options.out)
    return 0


def write(path, text):
    """Whole or not at all: a browser may have the old one open."""
    try:
        whole_file.write(path, text)
    except OSError as error:
        raise result_file.ResultError(result_file.CANNOT_CREATE,
                                      f"cannot write {path}: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
