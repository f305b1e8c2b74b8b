#!/usr/bin/env python3
"""The seeds of a fuzz target between the one file that is kept, a line of hexadecimal digits each,
and the folder of files that libFuzzer wants.

    seeds.py unpack FILE FOLDER     seeds.py pack FOLDER FILE"""
import hashlib
import pathlib
import sys


def unpack(file: pathlib.Path, folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for line in file.read_text().splitlines():
        seed = bytes.fromhex(line)
        (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


def pack(folder: pathlib.Path, file: pathlib.Path) -> None:
    """The shortest first, so that the file depends on the seeds alone."""
    seeds = {path.read_bytes() for path in folder.iterdir()} - {b""}  # which libFuzzer tries anyway
    lines = (seed.hex() for seed in sorted(seeds, key=lambda seed: (len(seed), seed)))
    file.write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    COMMAND, SOURCE, TARGET = sys.argv[1:]
    {"pack": pack, "unpack": unpack}[COMMAND](pathlib.Path(SOURCE), pathlib.Path(TARGET))
