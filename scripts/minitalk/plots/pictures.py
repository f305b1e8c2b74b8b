"""The pictures of a result file. Each is a module of this folder that has draw(rows): the figure,
or None where the rows hold nothing for it."""
import importlib
from typing import Any

from minitalk.results.reading import Row

PICTURES = ("goodput_by_size", "cpu_cost", "bits_per_round", "heat_map", "pause_sweep",
            "timing_channel", "run_order")


def draw(name: str, rows: list[Row]) -> Any:
    """The matplotlib figure of a picture, or None."""
    return importlib.import_module(f"minitalk.plots.{name}").draw(rows)
