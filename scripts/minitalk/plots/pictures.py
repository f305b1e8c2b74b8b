"""The pictures of a result file, drawn as PNG, SVG or PDF; what other commands draw; and the
command plot."""
import argparse
import importlib
import pathlib
import re
import sys
from typing import Any

from minitalk import arguments, documents
from minitalk.results import reading, validation
from minitalk.results.reading import Document, Row

# Module and function, which is given the rows and returns the figure, or None where they hold
# nothing for it; and its title in a report.
PICTURES = {
    "goodput_by_size": ("goodput_by_size.draw", "Goodput against message size"),
    "cpu_cost": ("cpu_cost.draw", "Goodput against what it costs"),
    "bits_per_round": ("bits_per_round.draw", "Bits per round, and what theory allows"),
    "bits_per_microsecond": ("bits_per_round.draw_in_time",
                             "Bits per microsecond, and what this machine's costs allow"),
    "heat_map": ("heat_map.draw", "Protocol by condition"),
    "pause_sweep": ("sweeps.draw_pauses", "Pausing in place of acknowledging: slow, or lossy"),
    "timing_channel": ("sweeps.draw_slots", "The moment of a signal as data"),
    "run_order": ("over_time.draw_run", "Did the machine drift during the run?"),
}
DESCRIPTION = """Draws every picture of a result file, as PNG and SVG.

    scripts/lab plot results/latest.json results/plots
    scripts/lab plot results/latest.json paper --format pdf --width 8.4cm --font 8 --no-words
    make plots ARGS="--format png,svg,pdf --width 2col"

The same file gives the same pictures, byte for byte.
Exits as report does: 64 usage; 65 not a result file; 66 it cannot be read; 73 a picture cannot
be written; 1 where a package is missing."""
SUFFIXES = (".png", ".svg", ".pdf")
INCHES = {"cm": 1 / 2.54, "mm": 1 / 25.4, "in": 1.0}
COLUMNS = {"1col": 8.4 / 2.54, "2col": 17.6 / 2.54}  # two, with what is between them
FONT = 9


def draw(name: str, rows: list[Row]) -> Any:
    """The matplotlib figure of a picture, or None."""
    module, _, function = PICTURES[name][0].partition(".")
    return getattr(importlib.import_module(f"minitalk.plots.{module}"), function)(rows)


def save(name: str, document: Document, stem: pathlib.Path) -> list[pathlib.Path]:
    """The picture of another document, by a module that has draw(document) and footer(document).
    Its path. Its absence is no failure: the figures are in the document."""
    try:
        module = importlib.import_module(f"minitalk.plots.{name}")
    except ImportError as error:
        print(f"no picture: {error}; install it with apt-get install python3-matplotlib",
              file=sys.stderr)
        return []
    figure = module.draw(document)
    if figure is None:
        return []
    from minitalk.plots import common
    stem.parent.mkdir(parents=True, exist_ok=True)
    common.save(figure, module.footer(document), stem)
    return [stem.with_suffix(".png")]


def parse(words: list[str]) -> argparse.Namespace:
    parser = arguments.make_parser("plot", DESCRIPTION)
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
    return parser.parse_args(words)


def formats(text: str) -> tuple[str, ...]:
    """Suffixes, each once."""
    wanted = dict.fromkeys(word.strip().lstrip(".") for word in text.split(","))
    for word in wanted:
        if f".{word}" not in SUFFIXES:
            raise argparse.ArgumentTypeError(f"{word!r} is none of png, svg and pdf")
    return tuple(f".{word}" for word in wanted)


def length(text: str) -> float:
    """In inches."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(cm|mm|in)", text)
    inches = float(match[1]) * INCHES[match[2]] if match else COLUMNS.get(text, 0.0)
    if not 1 <= inches <= 40:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no length from 1in to 40in, such as 8.4cm, 3.3in, 1col or 2col")
    return inches


def run(words: list[str]) -> int:
    options = parse(words)
    document = validation.read(options.results)
    from minitalk.plots import common  # now that there is something to draw
    common.Paper.formats, common.Paper.words = options.format, not options.no_words
    common.Paper.width, common.Paper.height = options.width, options.height
    common.set_font(options.font)
    with documents.creating(options.folder):
        draw_all(document, options.folder)
    return 0


def draw_all(document: Document, folder: pathlib.Path) -> None:
    """Raises OSError."""
    from minitalk.plots import common
    rows = [row for row in document["benchmarks"] if not reading.failed(row)]
    folder.mkdir(parents=True, exist_ok=True)
    for name in PICTURES:
        figure, stem = draw(name, rows), folder / name
        if figure is not None:
            common.save(figure, common.footer(document["context"]), stem)
            print(f"{stem}{common.Paper.formats[0]}")
            continue
        # What an earlier run left is not of these results.
        old = [path for path in map(stem.with_suffix, SUFFIXES) if path.exists()]
        for path in old:
            path.unlink()
        print(f"{name}: the results hold nothing for this picture"
              + (f"; removed the old {' and '.join(path.name for path in old)}" if old else ""))
