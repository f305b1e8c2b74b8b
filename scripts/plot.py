#!/usr/bin/env python3
"""Draws every picture of a result file, as PNG and SVG.

    scripts/plot.py results/latest.json results/plots

The same file gives the same pictures, byte for byte. One module of scripts/plots a picture."""
import argparse
import json
import pathlib
import sys

try:
    from plots import (bits_per_round, common, cpu_cost, goodput_by_size, heat_map, pause_sweep,
                       run_order, timing_channel)
except ImportError as error:
    sys.exit(f"plot.py: {error}; install it with\n"
             "  apt-get install python3-matplotlib python3-numpy")

PICTURES = {
    "goodput_by_size": goodput_by_size.draw,
    "cpu_cost": cpu_cost.draw,
    "bits_per_round": bits_per_round.draw,
    "heat_map": heat_map.draw,
    "pause_sweep": pause_sweep.draw,
    "timing_channel": timing_channel.draw,
    "run_order": run_order.draw,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path, help="what minitalk-bench wrote")
    parser.add_argument("folder", type=pathlib.Path, help="where the pictures go")
    arguments = parser.parse_args()
    try:
        document = json.loads(arguments.results.read_text())
        rows = [row for row in document["benchmarks"] if not row.get("error_occurred")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"plot.py: cannot use {arguments.results}: {error!r}")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        figure = draw(rows)
        if figure is None:
            print(f"{name}: the results hold nothing for this picture")
            continue
        common.save(figure, document["context"], arguments.folder / name)
        print(f"{arguments.folder / name}.png")


if __name__ == "__main__":
    main()
