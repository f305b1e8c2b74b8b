#!/usr/bin/env python3
"""Injects faults into real servers and clients, counts what became of the messages, and prints the
table of docs/reliability.md. Exits 1 if a message was lost or damaged, an innocent process was
killed, or anything hung.

    tests/faults/run.py --bin build/bin --tools build/tests [--short] [--json FILE] [CASE ...]

A CASE is a function name, or a part of one."""
import argparse
import json
import pathlib
import sys
import tempfile
import time

import clients
import inputs
import strangers
from lab import BAD, Lab

MODULES = [clients, strangers, inputs]
OUTCOMES = ["delivered", "refused", "unconfirmed"]


def cases():
    found = {}
    for module in MODULES:
        for name, value in vars(module).items():
            is_case = callable(value) and getattr(value, "__module__", "") == module.__name__
            if is_case and value.__code__.co_varnames[:value.__code__.co_argcount] == ("lab",):
                found[name] = value
    return found


def table(results):
    lines = ["| case | injected | " + " | ".join(OUTCOMES + list(BAD)) + " |",
             "|---|" + "---:|" * (1 + len(OUTCOMES) + len(BAD))]
    for case in results:
        injected = sum(case.counts.values())
        cells = [str(case.counts[key]) for key in OUTCOMES + list(BAD)]
        lines.append(f"| {case.name} | {injected} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--tools", type=pathlib.Path, required=True)
    parser.add_argument("--short", action="store_true", help="a sample of each case")
    parser.add_argument("--sanitized", action="store_true", help="the programs are instrumented")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("case", nargs="*")
    arguments = parser.parse_args()
    chosen = {name: run for name, run in cases().items()
              if not arguments.case or any(part in name for part in arguments.case)}
    if not chosen:
        sys.exit(f"no such case; there are: {', '.join(cases())}")
    results = []
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(arguments, folder)
        for name, run in chosen.items():
            print(f"{name} ... ", end="", file=sys.stderr, flush=True)
            start = time.monotonic()
            results.append(run(lab))
            verdict = f"{results[-1].bad()} BAD" if results[-1].bad() else "good"
            print(f"{verdict}, {time.monotonic() - start:.0f} s; {dict(results[-1].counts)}",
                  file=sys.stderr, flush=True)
            for note in results[-1].notes:
                print(f"    {note}", file=sys.stderr)
    print(table(results))
    if arguments.json:
        rows = (json.dumps({"case": case.name, "outcomes": case.counts, "notes": case.notes})
                for case in results)
        arguments.json.write_text("[\n " + ",\n ".join(rows) + "\n]\n")
    return 1 if any(case.bad() for case in results) else 0


if __name__ == "__main__":
    sys.exit(main())
