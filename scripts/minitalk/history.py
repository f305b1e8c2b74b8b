"""Keeps and draws a series of results, commit by commit, in units of each run's own floor.

    scripts/lab history add results/latest.json       into results/history.jsonl
    scripts/lab history plot --condition 4096/text    draws results/plots/history.png
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
import operator
import pathlib
from typing import Any, Iterable, Iterator

from minitalk import documents, places
from minitalk.arguments import make_parser
from minitalk.exit_status import DATA, NO_INPUT, Failed
from minitalk.results import reading
from minitalk.results.reading import Row

Line = dict[str, Any]  # of the history

HISTORY = places.ROOT / "results" / "history.jsonl"
PLOTS = HISTORY.parent / "plots"
RUN = ("commit", "dirty", "date", "machine")
NUMBER = (int, float)
TYPES: dict[str, type | tuple[type, ...]] = {
    "commit": str, "dirty": bool, "date": str, "machine": str, "row": str,
    "bits_per_floor_round": NUMBER, "q1": NUMBER, "q3": NUMBER, "n": int}


def run_of(path: pathlib.Path, context: dict[str, Any]) -> Line:
    """Which run a file is of; without that there is nothing to compare by."""
    cpu, count, kernel = map(context.get, ("cpu_model", "cpu_count", "kernel"))
    run = {"commit": context.get("git_commit"), "dirty": context.get("git_dirty"),
           "date": context.get("date"), "machine": f"{cpu}, {count} CPUs, {kernel}"}
    if not all(isinstance(run[key], TYPES[key]) for key in RUN):
        raise Failed(f"{path} does not name its commit and date; measure again with `make bench` "
                     "in a git clone", DATA)
    return run


def lines_of(run: Line, rows: Iterable[Row]) -> Iterator[Line]:
    for row in rows:
        values = reading.of_samples(row, reading.bits_per_floor_round)
        # Others' programs are of no commit of ours, and carriers only for comparison.
        if values and row.get("kind") not in ("carrier", "external"):
            q1, median, q3 = (float(f"{value:.5g}") for value in reading.quartiles(values))
            yield {**run, "row": row["name"], "bits_per_floor_round": median, "q1": q1,
                   "q3": q3, "n": len(values)}


def load(path: pathlib.Path) -> list[Line]:
    """The lines of a history; none where there is no file yet."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Failed(f"cannot read {path}: {error.strerror}; name another with --history",
                     NO_INPUT) from error
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            lines.append(checked(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise Failed(f"{path}:{number} is not a line of a history; `git checkout {path.name}` "
                         "or remove the line", DATA) from error
    return lines


def checked(line: Line) -> Line:
    if not all(isinstance(line[key], kind) for key, kind in TYPES.items()):
        raise ValueError("a key of another type")
    if len(line["row"].split("/")) != 5 or not line["row"].isprintable():
        raise ValueError("a row's name has five parts, all of them text")
    return line


def add(options: argparse.Namespace) -> int:
    document = reading.read(options.result)
    run = run_of(options.result, document["context"])
    new = list(lines_of(run, document["benchmarks"]))
    if not new:
        raise Failed(f"{options.result} holds no protocol's figures; measure again with "
                     "`make bench`", DATA)
    old = load(options.history)
    key_of = operator.itemgetter("commit", "machine", "date")
    kept = [line for line in old if key_of(line) != key_of(run)]
    if len(kept) < len(old) and not options.force:
        raise Failed(f"{options.history} holds this run of {run['commit'][:12]} already; --force "
                     "replaces it", DATA)
    text = "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
                   + "\n" for line in kept + new)
    with documents.creating(options.history, "; name another with --history"):
        documents.atomic_write(options.history, text)
    changes = ", of a tree with changes" if run["dirty"] else ""
    print(f"{options.history}: {len(new)} rows of {run['commit'][:12]}{changes}")
    return 0


def plot(options: argparse.Namespace) -> int:
    lines = load(options.history)
    if not lines:
        raise Failed(f"{options.history} holds no runs; add one with `scripts/lab history add "
                     "RESULT`", NO_INPUT)
    drawn = []
    for line in lines:
        protocol, size, payload, pin, wait = line["row"].split("/")
        drawn.append({**line, "protocol": protocol, "condition": f"{size}/{payload}",
                      "place": (pin, wait)})
    if not any(line["condition"] == options.condition for line in drawn):
        raise Failed(f"{options.history} holds nothing of {options.condition}; name another size "
                     "and payload with --condition", DATA)
    # Only a picture wants matplotlib.
    places.need_modules(places.called("history"), "matplotlib", "numpy")
    from minitalk.plots import common, over_time
    with documents.creating(options.out, "; name another folder with --out"):
        options.out.mkdir(parents=True, exist_ok=True)
        common.save(over_time.draw_history(drawn, options.condition),
                    over_time.history_footer(drawn), options.out / "history")
    print(options.out / "history.png")
    return 0


def run(words: list[str]) -> int:
    parser = make_parser("history", __doc__)
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
    options = parser.parse_args(words)
    status: int = options.do(options)
    return status
