"""Protocol x condition: goodput in bits per floor round trip, so that machines compare."""
import operator
from typing import Any

import numpy

from minitalk.plots import common
from minitalk.plots.common import Axes, Figure, Place
from minitalk.results import comparison
from minitalk.results.reading import Row, three_figures

Condition = tuple[int, str, Place]

# Logarithmic colours, stretched around one bit a round: there the protocols differ by a factor of
# two, while payloads carry hundreds and would bleach everything else. Decades, and their shades.
DECADES = [-2.0, -0.15, 0.45, 3.0]
SHADES = [0.0, 0.25, 0.75, 1.0]
TICKS = [0.01, 0.1, 1, 2, 10, 100, 1000]


def draw(rows: list[Row]) -> Figure | None:
    rows = [r for r in rows if common.default(r) and r["bits_per_floor_round"] is not None]
    rows, others = common.split(rows)[0], common.third_parties(rows)
    # The columns are the protocols', where there are any.
    known = {condition(r) for r in rows or others}
    rows += [r for r in others if condition(r) in known]
    if not rows:
        return None
    names = common.names(rows)
    ours = len(names) - len(common.names(common.third_parties(rows)))
    conditions = sorted({condition(r) for r in rows}, key=order)
    grid = numpy.full((len(names), len(conditions)), numpy.nan)
    for row in rows:
        grid[names.index(row["protocol"]), conditions.index(condition(row))] = (
            row["bits_per_floor_round"])
    drawing, axis = common.single(width=max(common.WIDTH, 2.4 + 0.66 * len(conditions)),
                                  height=2.4 + 0.42 * len(names) + 0.3 * (ours < len(names)))
    shades = shade(grid)
    image = common.draw_grid(axis, shades, vmin=0, vmax=1)
    label_cells(axis, grid, shades)
    for x, (left, right) in enumerate(zip(conditions, conditions[1:])):
        if left[2] != right[2]:
            axis.axvline(x + 0.5, color="white", linewidth=6)
    axis.set_yticks(range(len(names)), names)
    if 0 < ours < len(names):
        axis.axhline(ours - 0.5, color="white", linewidth=6)
    axis.set_xticks(range(len(conditions)),
                    [f"{size}\n{payload}\n{pin}\n{wait}"
                     for size, payload, (pin, wait) in conditions], fontsize=cell_points(axis))
    bar = drawing.colorbar(image, ax=axis, ticks=shade(numpy.array(TICKS)), pad=0.01)
    labels = list(map(common.plain, TICKS))
    bar.ax.set_yticklabels([f"≤ {labels[0]}", *labels[1:-1], f"≥ {labels[-1]}"])
    bar.set_label("bits per floor round")
    common.title(drawing, claim(rows))
    common.caption(drawing, "Columns: bytes, payload, pinning, waiting. 1 is, but for noise, the "
                            "most that one acknowledged bit can reach.\nMedian of the repetitions, "
                            "bare protocol; – : not part of this run."
                            + (f"\nBelow the line: {common.OTHERS}." if ours < len(names) else
                               ""))
    return drawing


def claim(rows: list[Row]) -> str:
    """Where `ack` lies, and the fastest bare protocol that lost nothing anywhere in the run."""
    text = "Bits per raw ping-pong of the same condition and run"
    bare = [r for r in rows if r["kind"] in comparison.BARE]
    lossy = {r["protocol"] for r in bare if not comparison.lost_nothing(r)}
    whole = [r for r in bare if r["protocol"] not in lossy and r["payload"] == "text"]
    texts = [f"{name} {span(bare, name)}" for name in ("ack",) if name not in lossy and any(
        r["protocol"] == name for r in bare)]
    best = max(whole, key=operator.itemgetter("bits_per_floor_round"), default=None)
    if best is not None and best["protocol"] != "ack":
        texts.append(f"{best['protocol']}, the best bare protocol on text, "
                     f"{span(bare, best['protocol'])}")
    return f"{text}: {'; '.join(texts)}" if texts else text


def span(rows: list[Row], name: str) -> str:
    values = [r["bits_per_floor_round"] for r in rows if r["protocol"] == name]
    return " to ".join(dict.fromkeys(map(three_figures, (min(values), max(values)))))


def cell_points(axis: Axes) -> float:
    """Type that fits the columns, however narrow a paper's are."""
    columns = axis.get_xlim()[1] - axis.get_xlim()[0]
    width = axis.figure.get_figwidth() - 1.6
    return float(min(common.small(), 72 * width / max(columns, 1) / 3.4))


def shade(bits: Any) -> Any:
    """0 to 1, from bits per floor round."""
    return numpy.interp(numpy.log10(numpy.clip(bits, 0.01, 1000)), DECADES, SHADES)


def condition(row: Row) -> Condition:
    return row["size_bytes"], row["payload"], common.place(row)


def order(entry: Condition) -> tuple[object, ...]:
    size, payload, where = entry
    return common.place_order(where), size, common.rank(payload, common.PAYLOADS)


def label_cells(axis: Axes, grid: Any, shades: Any) -> None:
    centred = {"ha": "center", "va": "center", "fontsize": cell_points(axis)}
    for y, x in numpy.ndindex(grid.shape):
        value = grid[y, x]
        if numpy.isnan(value):
            axis.text(x, y, "–", color="#999999", **centred)
            continue
        axis.text(x, y, "<0.01" if 0 < value < 0.005 else three_figures(value), **centred,
                  color="black" if shades[y, x] > 0.55 else "white")
