#!/usr/bin/env -S /bin/sh -c 'exec "${0%/*}/python.sh" "$0" "$@"'
"""Draws every picture of a result file, as PNG and SVG.

    scripts/plot.py results/latest.json results/plots
    scripts/plot.py results/latest.json paper --format pdf --width 8.4cm --font 8 --no-words
    make plots ARGS="--format png,svg,pdf --width 2col"

The same file gives the same pictures, byte for byte. One module of scripts/plots a picture.
Exits as report.py does: 64 usage; 65 not a result file; 66 it cannot be read; 73 a picture cannot
be written; 1 where a package is missing."""
import argparse
import pathlib
import re
import sys

import arguments
import drawable
import interpreter
import result_file

interpreter.need("matplotlib", "numpy")
# After it is sure that matplotlib is there.
import matplotlib  # noqa: E402
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


SUFFIXES = (".png", ".svg", ".pdf")
UNITS = {"cm": 1 / 2.54, "mm": 1 / 25.4, "in": 1, "col": 8.4 / 2.54}
TWO_COLUMNS = 17.6 / 2.54  # with what is between them
FONT = 9


def parse(words):
    parser = result_file.Parser(prog="plot.py", description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path, help="what minitalk-bench wrote")
    parser.add_argument("folder", type=pathlib.Path, help="where the pictures go")
    parser.add_argument("--format", type=formats, metavar="WORDS", default=".png,.svg",
                        help="of png, svg and pdf, with commas (default: png,svg)")
    parser.add_argument("--width", type=length, metavar="LENGTH",
                        help="as 8.4cm, 84mm, 3.3in, 1col (8.4cm) or 2col (17.6cm); panels stand "
                             "below one another where it is narrow (default: each picture's own)")
    parser.add_argument("--height", type=length, metavar="LENGTH",
                        help="the same (default: each picture's own)")
    parser.add_argument("--font", type=arguments.between(float, 4, 24), metavar="POINTS",
                        default=FONT, help="size of the type (default: %(default)g)")
    parser.add_argument("--no-words", action="store_true",
                        help="no title, caption and footer: a paper has its own")
    options = parser.parse_args(words)
    apply(options)
    return options


def formats(text):
    """Suffixes, each once."""
    wanted = dict.fromkeys(word.strip().lstrip(".") for word in text.split(","))
    for word in wanted:
        if f".{word}" not in SUFFIXES:
            raise argparse.ArgumentTypeError(f"{word!r} is none of png, svg and pdf")
    return tuple(f".{word}" for word in wanted)


def length(text):
    """In inches."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(cm|mm|in|col)", text)
    inches = float(match[1]) * UNITS[match[2]] if match else 0
    if text == "2col":
        inches = TWO_COLUMNS
    if not 1 <= inches <= 40 or match[2] == "col" and text not in ("1col", "2col"):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no length from 1in to 40in, such as 8.4cm, 3.3in, 1col or 2col")
    return inches


def apply(options):
    """Of the whole process: matplotlib keeps the size of the type so."""
    common.Paper.formats, common.Paper.words = options.format, not options.no_words
    common.Paper.width, common.Paper.height = options.width, options.height
    matplotlib.rcParams["font.size"] = options.font


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
        print(f"{folder / name}{common.Paper.formats[0]}")


def remove(stem):
    """What an earlier run left, which is not of these results; the names of what was there."""
    old = [path for path in map(stem.with_suffix, SUFFIXES) if path.exists()]
    for path in old:
        path.unlink()
    return [path.name for path in old]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
