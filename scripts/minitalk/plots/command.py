"""Draws every picture of a result file, as PNG and SVG.

    scripts/lab plot results/latest.json results/plots
    scripts/lab plot results/latest.json paper --format pdf --width 8.4cm --font 8 --no-words
    make plots ARGS="--format png,svg,pdf --width 2col"

The same file gives the same pictures, byte for byte. One module of scripts/plots a picture.
Exits as report does: 64 usage; 65 not a result file; 66 it cannot be read; 73 a picture cannot
be written; 1 where a package is missing."""
import argparse
import pathlib
import re

from minitalk import arguments, files
from minitalk.results import reading, validation
from minitalk.results.reading import Document

SUFFIXES = (".png", ".svg", ".pdf")
UNITS = {"cm": 1 / 2.54, "mm": 1 / 25.4, "in": 1, "col": 8.4 / 2.54}
TWO_COLUMNS = 17.6 / 2.54  # with what is between them
FONT = 9


def parse(words: list[str]) -> argparse.Namespace:
    parser = arguments.make_parser("plot", __doc__)
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
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(cm|mm|in|col)", text)
    inches = float(match[1]) * UNITS[match[2]] if match else 0
    if text == "2col":
        inches = TWO_COLUMNS
    if not 1 <= inches <= 40 or text.endswith("col") and text not in ("1col", "2col"):
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
    with files.creating(options.folder):
        draw_all(document, options.folder)
    return 0


def draw_all(document: Document, folder: pathlib.Path) -> None:
    """Raises OSError."""
    from minitalk.plots import common, pictures
    rows = [row for row in document["benchmarks"] if not reading.failed(row)]
    folder.mkdir(parents=True, exist_ok=True)
    for name in pictures.PICTURES:
        figure = pictures.draw(name, rows)
        if figure is None:
            removed = remove(folder / name)
            print(f"{name}: the results hold nothing for this picture"
                  + (f"; removed the old {' and '.join(removed)}" if removed else ""))
            continue
        common.save(figure, document["context"], folder / name)
        print(f"{folder / name}{common.Paper.formats[0]}")


def remove(stem: pathlib.Path) -> list[str]:
    """What an earlier run left, which is not of these results; the names of what was there."""
    old = [path for path in map(stem.with_suffix, SUFFIXES) if path.exists()]
    for path in old:
        path.unlink()
    return [path.name for path in old]
