"""The pictures of a result file. Each is a module of this folder that has draw(rows): the figure,
or None where the rows hold nothing for it."""
import importlib
from typing import Any

from minitalk.results.reading import Row

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
