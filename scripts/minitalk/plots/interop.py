"""Who understands whom: client x server, goodput as colour, and what went wrong as word, sign and
hatching, so that it reads without colours too."""
from typing import Any

import numpy
from matplotlib import colors, patches

from minitalk.documents import provenance_text
from minitalk.plots import common
from minitalk.plots.common import Axes, Figure
from minitalk.results.reading import Document, rate_text

# Word, sign, hatching. White, so that nothing looks slow which does not work at all.
TROUBLES = {"garbled": ("≠", "////"), "hangs": ("…", "...."), "refuses": ("✗", "xxxx"),
            "dies": ("†", "\\\\\\\\"), "nothing": ("∅", "")}
PINS = {"same": "both ends on one CPU", "cross": "the ends on two CPUs",
        "none": "both ends where the scheduler put them"}
LEAST_RANGE = 4  # of the colours: rates that hardly differ look alike


def draw(document: Document) -> Figure:
    """The picture of results/interop.json."""
    names = [participant["name"] for participant in document["implementations"]]
    pairs = {(pair["client"], pair["server"]): pair for pair in document["pairs"]}
    grid = numpy.array([[pairs[client, server]["goodput_bytes_per_second"] or numpy.nan
                         for server in names] for client in names])
    drawing, axis = common.single(width=3.6 + 1.25 * len(names), height=2.6 + 0.62 * len(names))
    scale = colors.LogNorm(*ends(grid))
    image = common.draw_grid(axis, grid, norm=scale)
    for y, client in enumerate(names):
        for x, server in enumerate(names):
            label(axis, x, y, pairs[client, server], scale)
    axis.set_xticks(range(len(names)), names, rotation=30, ha="left", rotation_mode="anchor")
    axis.xaxis.tick_top()
    axis.set_yticks(range(len(names)), names)
    axis.set_ylabel("client")
    axis.set_title("server", fontsize="medium")
    if numpy.isfinite(grid).any():
        bar = drawing.colorbar(image, ax=axis, pad=0.02, format=common.human_rate)
        bar.set_label("goodput")
        bar.ax.minorticks_off()
    right = sum(pair["outcome"] == "ok" for pair in document["pairs"])
    common.title(drawing, f"Who understands whom: {right} of {len(document['pairs'])} pairs "
                          "deliver")
    common.caption(drawing, words(document))
    return drawing


def ends(grid: Any) -> tuple[float, float]:
    """The slowest and the quickest rate of the scale."""
    known = grid[numpy.isfinite(grid)]
    low, high = (known.min(), known.max()) if known.size else (1.0, 1.0)
    stretch = max(1, LEAST_RANGE / (high / low)) ** 0.5
    return low / stretch, high * stretch


def label(axis: Axes, x: int, y: int, pair: dict[str, Any], scale: Any) -> None:
    if pair["outcome"] == "ok":
        value = pair["goodput_bytes_per_second"]
        axis.text(x, y, f"✓ {rate_text(value)}", ha="center", va="center",
                  fontsize=common.small(), color="black" if scale(value) > 0.55 else "white")
        return
    sign, hatch = TROUBLES[pair["outcome"]]
    axis.add_patch(patches.Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, hatch=hatch, fill=False,
                                     edgecolor="#CCCCCC", linewidth=0.6))
    axis.text(x, y, f"{sign} {pair['outcome']}", ha="center", va="center",
              fontsize=common.small(), color="#333333",
              bbox={"boxstyle": "round,pad=0.2", "color": "white"})


def words(document: Document) -> str:
    rounds = sorted({len(pair["samples"]) for pair in document["pairs"] if pair["outcome"] == "ok"})
    texts = "Rows call, columns serve. "
    if rounds:
        texts += (f"Goodput: median of n = {rounds[-1]} messages of 1,000 characters, the client's "
                  f"start included; {PINS[document['pin']]}.\n")
    return texts + ("≠ something else was printed, … the client waited in vain, ✗ it ended with "
                    "an error,\n† one of the two died, ∅ nothing was printed.")


def footer(document: Document) -> str:
    return provenance_text(document)
