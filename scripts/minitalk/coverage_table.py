"""Prints what gcovr counted, folder by folder, as a markdown table.

    scripts/lab coverage-table SUMMARY.json      in the folder of the sources"""
import json
import pathlib
from typing import Any

from minitalk.arguments import make_parser

KEYS = ("line_covered", "line_total", "branch_covered", "branch_total")


def folders_of(summary: dict[str, Any]) -> dict[str, list[int]]:
    """Covered and all, lines and branches, of each folder and of everything."""
    folders: dict[str, list[int]] = {}
    root = pathlib.Path.cwd()
    for file in summary["files"]:
        # Headers are included through links in the build.
        path = (root / file["filename"]).resolve().relative_to(root)
        for folder in (path.parts[0] + "/", "all"):
            sums = folders.setdefault(folder, [0, 0, 0, 0])
            for i, key in enumerate(KEYS):
                sums[i] += file[key]
    return dict(sorted(folders.items(), key=lambda item: (item[0] == "all", item[0])))


def share(covered: int, total: int) -> str:
    return f"{covered:,} of {total:,} ({100 * covered / total:.1f} %)" if total else "-"


def run(words: list[str]) -> int:
    parser = make_parser("coverage-table", __doc__)
    parser.add_argument("summary", type=pathlib.Path, help="what gcovr --json-summary wrote")
    options = parser.parse_args(words)
    print("| folder | lines | branches |\n|---|---:|---:|")
    for folder, sums in folders_of(json.loads(options.summary.read_text())).items():
        print(f"| {folder} | {share(*sums[:2])} | {share(*sums[2:])} |")
    return 0
