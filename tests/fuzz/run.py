#!/usr/bin/env python3
"""Fuzzes each decoder for some seconds, beginning with the seeds of seeds.txt, a line of
hexadecimal digits each. New inputs go to a scratch folder; with `keep` those that reach new code
become seeds.

    tests/fuzz/run.py PROGRAM SECONDS [keep]"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SEEDS = pathlib.Path(__file__).with_name("seeds.txt")
TARGETS = ("frame", "siginfo", "text", "session")
Corpus = dict[str, set[bytes]]


def read_seeds() -> Corpus:
    corpus: Corpus = {target: set() for target in TARGETS}
    for line in SEEDS.read_text().splitlines():
        target, seed = line.split()
        corpus[target].add(bytes.fromhex(seed))
    return corpus


def write_seeds(corpus: Corpus) -> None:
    """The shortest first, so that the file depends on the seeds alone."""
    SEEDS.write_text("".join(
        f"{target} {seed.hex()}\n" for target, seeds in corpus.items()
        for seed in sorted(seeds - {b""}, key=lambda seed: (len(seed), seed))))


def fuzz(program: pathlib.Path, target: str, seconds: str, folder: pathlib.Path) -> None:
    """`folder` has the seeds, and gets what is found, in found."""
    run = subprocess.run(
        [program, f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=2048",
         "-print_final_stats=1", f"-artifact_prefix={folder}/artifact-", folder / "found",
         folder / "seeds"], env={**os.environ, "MINITALK_FUZZ": target}, text=True,
        errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if run.returncode != 0:
        for path in folder.glob("artifact-*"):
            shutil.copy(path, f"{target}-{path.name}")
        sys.exit(f"{run.stdout}\n{target}: an input that breaks it; it lies here")
    for line in re.findall(r".*(?:stat::number_of_executed_units|Done).*", run.stdout):
        print(f"{target}: {line}", flush=True)


def merged(program: pathlib.Path, target: str, folder: pathlib.Path) -> set[bytes]:
    subprocess.run([program, "-merge=1", folder / "seeds", folder / "found"], check=True,
                   env={**os.environ, "MINITALK_FUZZ": target}, capture_output=True)
    return {path.read_bytes() for path in (folder / "seeds").iterdir()}


def main(program: str, seconds: str, keep: str = "") -> None:
    if not os.access(program, os.X_OK):
        sys.exit(f"no {program}: build it with make fuzzers")
    corpus = read_seeds()
    with tempfile.TemporaryDirectory() as scratch:
        for target, seeds in corpus.items():
            folder = pathlib.Path(scratch) / target
            for name in ("seeds", "found"):
                (folder / name).mkdir(parents=True)
            for number, seed in enumerate(seeds):
                (folder / "seeds" / str(number)).write_bytes(seed)
            fuzz(pathlib.Path(program).resolve(), target, seconds, folder)
            if keep == "keep":
                corpus[target] = merged(pathlib.Path(program).resolve(), target, folder)
    if keep == "keep":
        write_seeds(corpus)


if __name__ == "__main__":
    main(*sys.argv[1:])
