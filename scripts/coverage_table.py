#!/usr/bin/env -S /bin/sh -c 'exec "${0%/*}/python.sh" "$0" "$@"'
"""Prints what gcovr counted, folder by folder, as a markdown table.

    scripts/coverage_table.py SUMMARY.json      in the folder of the sources"""
import json
import pathlib
import sys


def folders_of(summary):
    """Covered and all, lines and branches, of each folder and of everything."""
    folders, root = {}, pathlib.Path.cwd()
    for file in summary["files"]:
        # Headers are included through links in the build.
        path = (root / file["filename"]).resolve().relative_to(root)
        for folder in (path.parts[0] + "/", "all"):
            sums = folders.setdefault(folder, [0, 0, 0, 0])
            for i, key in enumerate(("line_covered", "line_total", "branch_covered",
                                     "branch_total")):
                sums[i] += file[key]
    return dict(sorted(folders.items(), key=lambda item: (item[0] == "all", item[0])))


def share(covered, total):
    return f"{covered:,} of {total:,} ({100 * covered / total:.1f} %)" if total else "-"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: scripts/coverage_table.py SUMMARY.json")
    print("| folder | lines | branches |\n|---|---:|---:|")
    for folder, sums in folders_of(json.loads(pathlib.Path(sys.argv[1]).read_text())).items():
        print(f"| {folder} | {share(*sums[:2])} | {share(*sums[2:])} |")


if __name__ == "__main__":
    main()
