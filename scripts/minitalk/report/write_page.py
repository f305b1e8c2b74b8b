"""Writes one self-contained HTML page of a result file: pictures inline, a table that sorts,
conditions and warnings, verdicts, the raw JSON to download.

    scripts/lab report results/latest.json --verdicts results/verdicts.json --out report.html
    make report

Nothing is fetched when it is opened."""
import pathlib

from minitalk import documents
from minitalk.arguments import make_parser
from minitalk.results import validation, verdicts

EPILOG = """exit status:
  0    the page is there
  1    a Python package is missing
  64   usage
  65   it is no result file
  66   the file cannot be read
  73   the page cannot be written"""


def run(words: list[str]) -> int:
    parser = make_parser("report", __doc__, EPILOG)
    parser.add_argument("result", type=pathlib.Path, help="what minitalk-bench wrote")
    parser.add_argument("--verdicts", type=pathlib.Path, metavar="FILE",
                        help="what minitalk-verify wrote")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE",
                        default=pathlib.Path("results/report.html"),
                        help="where the page goes (default: results/report.html)")
    options = parser.parse_args(words)
    documents.check_creatable(options.out)
    document = validation.read(options.result)
    found = verdicts.read(options.verdicts)
    from minitalk.report import page  # now that there is something to draw
    with documents.creating(options.out):
        documents.atomic_write(options.out, page.render(document, found))
    print(options.out)
    return 0
