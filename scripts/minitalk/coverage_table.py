"""Prints what gcovr counted, folder by folder, as a markdown table.

    scripts/lab coverage-table SUMMARY.json      in the folder of the sources"""
import json
import pathlib

from minitalk.arguments import make_parser
from minitalk.documents import table

KEYS = ("line_covered", "line_total", "branch_covered", "branch_total")


def share(covered: int, total: int) -> str:
    return f"{covered:,} of {total:,} ({100 * covered / total:.1f} %)" if total else "-"


def run(words: list[str]) -> int:
    parser = make_parser("coverage-table", __doc__)
    parser.add_argument("summary", type=pathlib.Path, help="what gcovr --json-summary wrote")
    options = parser.parse_args(words)
    folders: dict[str, list[int]] = {}
    root = pathlib.Path.cwd()
    for file in json.loads(options.summary.read_text())["files"]:
        # Headers are included through links in the build.
        path = (root / file["filename"]).resolve().relative_to(root)
        for folder in (path.parts[0] + "/", "all"):
            sums = folders.setdefault(folder, [0, 0, 0, 0])
            folders[folder] = [old + file[key] for old, key in zip(sums, KEYS)]
    order = sorted(folders.items(), key=lambda item: (item[0] == "all", item[0]))
    print("\n".join(table("folder | lines | branches", "<>>", (
        (folder, share(*sums[:2]), share(*sums[2:])) for folder, sums in order))))
    return 0
