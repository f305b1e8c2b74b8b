#!/usr/bin/env -S /bin/sh -c 'exec "${0%/*}/python.sh" "$0" "$@"'
"""Keeps and draws a series of results, commit by commit, in units of each run's own floor.

    scripts/history.py add results/latest.json       into results/history.jsonl
    scripts/history.py plot --condition 4096/text    draws results/plots/history.png
    make history

`add` writes a line of JSON a row: commit, whether the tree had changes, date, machine, the row's
name, bits_per_floor_round (the median of the repetitions), its quartiles, and how many they were.
Absolute figures of different days do not compare on a shared machine; these do. Carriers and rows
that failed have no lines. A run (commit, machine, date) that is there already is refused; --force
replaces it. `plot` draws history.png and history.svg, the same for the same file.

Exits with 0; 64 usage; 65 not a result, or there already; 66 cannot be read; 73 cannot be
written."""
import argparse
import json
import pathlib
import sys

import interpreter
import result_file
import whole_file
from result_file import CANNOT_CREATE, DATA, NO_INPUT, ResultError

HISTORY = pathlib.Path(__file__).resolve().parent.parent / "results" / "history.jsonl"
PLOTS = HISTORY.parent / "plots"
RUN = ("commit", "dirty", "date", "machine")
TYPES = {"commit": str, "dirty": bool, "date": str, "machine": str, "row": str,
         "bits_per_floor_round": (int, float), "q1": (int, float), "q3": (int, float), "n": int}


def run_of(path, context):
    """Which run a file is of; without that there is nothing to compare by."""
    cpu, count, kernel = map(context.get, ("cpu_model", "cpu_count", "kernel"))
    run = {"commit": context.get("git_commit"), "dirty": context.get("git_dirty"),
           "date": context.get("date"), "machine": f"{cpu}, {count} CPUs, {kernel}"}
    if not all(isinstance(run[key], TYPES[key]) for key in RUN):
        raise ResultError(DATA, f"{path} does not tell its commit and date; measure again with "
                                "`make bench` in a git clone")
    return run


def lines_of(run, rows):
    for row in rows:
        values = result_file.of_samples(row, result_file.bits_per_floor_round)
        # Others' programs are of no commit of ours, and carriers only for comparison.
        if values and row.get("kind") not in ("carrier", "external"):
            q1, median, q3 = (float(f"{value:.5g}") for value in result_file.quartiles(values))
            yield {**run, "row": row["name"], "bits_per_floor_round": median, "q1": q1,
                   "q3": q3, "n": len(values)}


def load(path):
    """The lines of a history; none where there is no file yet."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ResultError(NO_INPUT, f"cannot read {path}: {error.strerror}; "
                                    "name another with --history") from error
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            lines.append(checked(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise ResultError(DATA, f"{path}:{number} is not a line of a history; "
                                    f"`git checkout {path.name}` or remove the line") from error
    return lines


def checked(line):
    if not all(isinstance(line[key], kind) for key, kind in TYPES.items()):
        raise ValueError("a key of another type")
    if len(line["row"].split("/")) != 5 or not line["row"].isprintable():
        raise ValueError("a row's name has five parts, all of them text")
    return line


def key_of(line):
    return line["commit"], line["machine"], line["date"]


def add(options):
    document = result_file.read(options.result)
    run = run_of(options.result, document["context"])
    new = list(lines_of(run, document["benchmarks"]))
    if not new:
        raise ResultError(DATA, f"{options.result} holds no protocol's figures; measure again "
                                "with `make bench`")
    old = load(options.history)
    kept = [line for line in old if key_of(line) != key_of(run)]
    if len(kept) < len(old) and not options.force:
        raise ResultError(DATA, f"{options.history} holds this run of {run['commit'][:12]} "
                                "already; --force replaces it")
    write(options.history, kept + new)
    changes = ", of a tree with changes" if run["dirty"] else ""
    print(f"{options.history}: {len(new)} rows of {run['commit'][:12]}{changes}")


def write(path, lines):
    """All or nothing: a history shall survive a full disk."""
    text = "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
                   + "\n" for line in lines)
    try:
        whole_file.write(path, text)
    except OSError as error:
        raise ResultError(CANNOT_CREATE, f"cannot write {path}: {error.strerror}; "
                                         "name another with --history") from error


def plot(options):
    lines = load(options.history)
    if not lines:
        raise ResultError(NO_INPUT, f"{options.history} holds no runs; add one with "
                                    "`scripts/history.py add RESULT`")
    # Only a picture wants matplotlib.
    interpreter.need("matplotlib", "numpy")
    from plots import common, history
    drawn = [located(line) for line in lines]
    figure = history.draw(drawn, options.condition)
    if figure is None:
        raise ResultError(DATA, f"{options.history} holds nothing of {options.condition}; name "
                                "another size and payload with --condition")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        common.save_with(figure, history.footer(drawn), options.out / "history")
    except OSError as error:
        raise ResultError(CANNOT_CREATE, f"cannot write into {options.out}: {error.strerror}; "
                                         "name another folder with --out") from error
    print(options.out / "history.png")


def located(line):
    """With the parts of the row's name: protocol/size/payload/pin/wait."""
    protocol, size, payload, pin, wait = line["row"].split("/")
    return {**line, "protocol": protocol, "condition": f"{size}/{payload}", "place": (pin, wait)}


def parse(words):
    parser = result_file.Parser(prog="history.py", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--history", type=pathlib.Path, default=HISTORY, help="another file")
    commands = parser.add_subparsers(dest="command", required=True)
    adding = commands.add_parser("add", help="one run more")
    adding.add_argument("result", type=pathlib.Path, help="what minitalk-bench wrote")
    adding.add_argument("--force", action="store_true", help="replace this run if it is there")
    adding.set_defaults(do=add)
    plotting = commands.add_parser("plot", help="draw history.png and history.svg")
    plotting.add_argument("--condition", default="256/text", help="size/payload (256/text)")
    plotting.add_argument("--out", type=pathlib.Path, default=PLOTS, help="folder")
    plotting.set_defaults(do=plot)
    return parser.parse_args(words)


def main():
    options = parse(sys.argv[1:])
    try:
        options.do(options)
    except ResultError as error:
        print(f"history.py: {error}", file=sys.stderr)
        sys.exit(error.status)


if __name__ == "__main__":
    main()
