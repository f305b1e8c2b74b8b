#!/usr/bin/env python3
"""Checks every Promela model with Spin and compares the verdicts with expected.json, or a verdict
file's as well. Exits 0 if all agree, 1 if not, 77 if spin or gcc is missing.

    tests/spin/run.py [-j N] [--show] [--verdicts FILE] [PART ...]

A PART chooses the rows whose protocol, assumption or model contains it."""
import argparse
import concurrent.futures
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
VERDICTS = {"loss-free", "loses", "corrupt", "deadlock"}
SLOTS = ["private USR1", "private USR2", "shared USR1", "shared USR2"]  # as in slots.pml
SCHEMA = "minitalk.verdicts/1"
# Breadth first, and every order of steps: so the counterexample is a shortest one.
PAN = ["gcc", "-O1", "-w", "-DSAFETY", "-DBFS", "-DNOREDUCE", "-DMEMLIM=2000", "-o", "pan", "pan.c"]
PAN_SECONDS = 200


class Broken(Exception):
    """A tool that did not do its work: no verdict at all."""


def call(command, folder):
    done = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=PAN_SECONDS)
    if done.returncode != 0:
        raise Broken(f"{' '.join(command)} ended with {done.returncode}: {done.stdout[-2000:]}")
    return done.stdout


def search(folder, flags):
    """(what was violated or None, states). A search that stopped early without finding anything
    proves nothing."""
    output = call(["./pan", "-n", *flags], folder)
    errors = re.search(r"errors: (\d+)", output)
    states = re.search(r"(\d+) states, stored", output)
    if not errors or not states:
        raise Broken(f"pan says no result: {output[-2000:]}")
    if errors.group(1) == "0":
        if re.search(r"not completed|truncated|too small|out of memory", output, re.IGNORECASE):
            raise Broken(f"pan did not finish: {output[-2000:]}")
        return None, int(states.group(1))
    found = re.search(r"pan:\d+: (invalid end state|assertion violated .*?) \(at depth", output)
    if not found:
        raise Broken(f"pan found something unknown: {output[-2000:]}")
    return found.group(1), int(states.group(1))


def classify(folder):
    """(verdict, states). An assertion that can be violated weighs more than a deadlock that can be
    reached, whichever comes first: the second search looks for assertions alone."""
    found, states = search(folder, [])
    if found is None:
        return "loss-free", states
    if found == "invalid end state":
        trail = next(pathlib.Path(folder).glob("*.trail"))
        deadlock = trail.read_bytes()
        found, _ = search(folder, ["-E"])
        if found is None:
            trail.write_bytes(deadlock)
            return "deadlock", states
    for verdict in ("loses", "corrupt"):
        if found == f"assertion violated {verdict}":
            return verdict, states
    raise Broken(f"the model itself is wrong: {found}")


def events(folder, model, defines):
    """The sends, takes and other things that the last counterexample consists of."""
    replay = call(["spin", "-t", *defines, model], folder)
    steps = [line.strip()[2:] for line in replay.splitlines() if line.strip().startswith("@")]
    return [re.sub(r"(sends|takes) (\d)", lambda found: f"{found[1]} {SLOTS[int(found[2])]}", step)
            for step in steps]


def check(row):
    start = time.monotonic()
    result = dict(row, states=0, steps=[], problem="")
    defines = ["-D" + define for define in row["defines"]]
    with tempfile.TemporaryDirectory(prefix="minitalk-spin-") as folder:
        try:
            for path in HERE.glob("*.pml"):
                shutil.copy(path, folder)
            call(["spin", "-a", *defines, row["model"]], folder)
            call(PAN, folder)
            result["found"], result["states"] = classify(folder)
            if result["found"] != "loss-free":
                result["steps"] = events(folder, row["model"], defines)
        except (Broken, subprocess.TimeoutExpired) as error:
            result["found"], result["problem"] = "none", str(error)
    result["seconds"] = time.monotonic() - start
    return result


def print_table(results, show):
    print("| protocol | assumption | model | verdict | steps | states | seconds |")
    print("|---|---|---|---|---:|---:|---:|")
    for result in results:
        model = " ".join([f"`{result['model']}`", *result["defines"]])
        steps = len(result["steps"]) or ""
        print(f"| {result['protocol']} | {result['assumption']} | {model} | {result['found']} | "
              f"{steps} | {result['states']} | {result['seconds']:.1f} |")
    for result in results if show else []:
        if result["steps"]:
            print(f"\n{result['protocol']}, {result['assumption']}: {result['found']}")
            print("\n".join("  " + step for step in result["steps"]))


def key(row):
    return row["protocol"], row["assumption"]


def load_expected():
    rows = json.loads((HERE / "expected.json").read_text())
    verdicts = {}
    for row in rows:
        if row["verdict"] not in VERDICTS:
            sys.exit(f"expected.json: {row['verdict']} is no verdict")
        if verdicts.setdefault(key(row), row["verdict"]) != row["verdict"]:
            sys.exit(f"expected.json: {key(row)} has two verdicts")
    return rows


def compare_with(path, results):
    """What disagrees between the models' verdicts and the file's."""
    data = json.loads(path.read_text())
    if data.get("schema") != SCHEMA:
        return [f"{path}: the schema is not {SCHEMA}"]
    found = {key(result): result["found"] for result in results}
    wrong, shared = [], 0
    for other in data["verdicts"]:
        if key(other) not in found:
            continue
        shared += 1
        ours, theirs = found[key(other)], other["verdict"]
        bits = other.get("message_bits", "?")
        print(f"compared: {other['protocol']}, {other['assumption']}, {bits} bits: {theirs}")
        if ours != theirs:
            wrong.append(f"{other['protocol']}, {other['assumption']}: Spin says {ours}, "
                         f"{path.name} says {theirs} for {bits} bits")
    print(f"{shared} of {len(data['verdicts'])} rows of {path.name} compared")
    return wrong if shared else [f"{path}: shares no row with the models"]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--show", action="store_true", help="print the counterexamples")
    parser.add_argument("--verdicts", type=pathlib.Path, help="another explorer's, to compare")
    parser.add_argument("part", nargs="*")
    arguments = parser.parse_args()
    for tool in ("spin", "gcc"):
        if not shutil.which(tool):
            print(f"skipped: {tool} is not installed")
            return 77
    rows = [row for row in load_expected() if not arguments.part or any(
        part in text for part in arguments.part for text in [*key(row), row["model"]])]
    if not rows:
        sys.exit("no such row in expected.json")
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(check, rows))
    print_table(results, arguments.show)
    wrong = [f"{result['protocol']}, {result['assumption']}: expected {result['verdict']}, "
             f"found {result['found']} {result['problem']}".rstrip()
             for result in results if result["found"] != result["verdict"]]
    if arguments.verdicts:
        wrong += compare_with(arguments.verdicts, results)
    for line in wrong:
        print("WRONG: " + line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
