#!/usr/bin/env -S /bin/sh -c 'exec "${0%/*}/python.sh" "$0" "$@"'
"""Draws every picture of a result file, as PNG and SVG.

    scripts/plot.py results/latest.json results/plots

The same file gives the same pictures, byte for byte. One module of scripts/plots a picture.
Exits as report.py does: 64 usage; 65 not a result file; 66 it cannot be read; 73 a picture cannot
be written; 1 where a package is missing."""
import argparse
import pathlib
import sys

import drawable
import interpreter
import result_file

interpreter.need("matplotlib", "numpy")
# After it is sure that matplotlib is there.
from plots import (bits_per_round, common, cpu_cost, goodput_by_size, heat_map,  # noqa: E402
                   pause_sweep, run_order, timing_channel)

PICTURES = {
    "goodput_by_size": goodput_by_size.draw,
    "cpu_cost": cpu_cost.draw,
    "bits_per_round": bits_per_round.draw,
    "heat_map": heat_map.draw,
    "pause_sweep": pause_sweep.draw,
    "timing_channel": timing_channel.draw,
    "run_order": run_order.draw,
}


def parse(words):
    parser = result_file.Parser(prog="plot.py", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path, help="what minitalk-bench wrote")
    parser.add_argument("folder", type=pathlib.Path, help="where the pictures go")
    return parser.parse_args(words)


def main(words):
    options = parse(words)
    try:
        document = drawable.read(options.results)
        draw_all(document, options.folder)
    except result_file.ResultError as error:
        print(f"plot.py: {error}", file=sys.stderr)
        return error.status
    except OSError as error:
        where = error.filename or "what was drawn"
        print(f"plot.py: cannot write {where}: {error.strerror}", file=sys.stderr)
        return result_file.CANNOT_CREATE
    return 0


def draw_all(document, folder):
    """Raises OSError."""
    rows = [row for row in document["benchmarks"] if not result_file.failed(row)]
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        figure = draw(rows)
        if figure is None:
            removed = remove(folder / name)
            print(f"{name}: the results hold nothing for this picture"
                  + (f"; removed the old {' and '.join(removed)}" if removed else ""))
            continue
        common.save(figure, document["context"], folder / name)
        print(f"{folder / name}.png")


def remove(stem):
    """What an earlier run left, which is not of these results; the names of what was there."""
    old = [path for path in map(stem.with_suffix, (".png", ".svg")) if path.exists()]
    for path in old:
        path.unlink()
    return [path.name for path in old]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
