"""The pictures of a result file. Each is a module of this folder that has draw(rows): the figure,
or None where the rows hold nothing for it."""
import importlib
import pathlib
import sys
from typing import Any

from minitalk.results.reading import Document, Row

PICTURES = {  # and its title in a report
    "goodput_by_size": "Goodput against message size",
    "cpu_cost": "Goodput against what it costs",
    "bits_per_round": "Bits per round, and what theory allows",
    "heat_map": "Protocol by condition",
    "pause_sweep": "Pausing in place of acknowledging: slow, or lossy",
    "timing_channel": "The moment of a signal as data",
    "run_order": "Did the machine drift during the run?",
}


def draw(name: str, rows: list[Row]) -> Any:
    """The matplotlib figure of a picture, or None."""
    return importlib.import_module(f"minitalk.plots.{name}").draw(rows)


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
    common.save_with(figure, module.footer(document), stem)
    return [stem.with_suffix(".png")]
