"""Protocol x condition: goodput in bits per floor round trip, so that machines compare."""
import numpy

from . import common

SHORT = {("same", "sleep"): "same\nsleep", ("cross", "spin"): "cross\nspin",
         ("cross", "sleep"): "cross\nsleep"}


def draw(rows):
    rows = [r for r in rows if ":" not in r["protocol"] and r["bits_per_floor_round"] is not None]
    if not rows:
        return None
    names = common.protocols(rows)
    conditions = sorted({condition(r) for r in rows}, key=order)
    grid = numpy.full((len(names), len(conditions)), numpy.nan)
    for row in rows:
        grid[names.index(row["protocol"]), conditions.index(condition(row))] = (
            row["bits_per_floor_round"])
    drawing, axes = common.figure(width=max(8.0, 1.2 + 0.62 * len(conditions)),
                                  height=2.4 + 0.5 * len(names))
    axis = axes[0][0]
    axis.grid(False)
    axis.spines[:].set_visible(False)
    # Logarithmic colours: run lengths on zeros would bleach everything else.
    shades = numpy.log10(numpy.clip(grid, 0.01, 10))
    image = axis.imshow(shades, cmap="cividis", aspect="auto", vmin=-2, vmax=1)
    label_cells(axis, grid, shades)
    for x, (left, right) in enumerate(zip(conditions, conditions[1:])):
        if left[2] != right[2]:
            axis.axvline(x + 0.5, color="white", linewidth=6)
    axis.set_yticks(range(len(names)), names)
    axis.set_xticks(range(len(conditions)),
                    [f"{size}\n{payload}\n{SHORT[where]}" for size, payload, where in conditions],
                    fontsize=8)
    axis.tick_params(length=0)
    bar = drawing.colorbar(image, ax=axis, ticks=[-2, -1, 0, 1], pad=0.01)
    bar.ax.set_yticklabels(["≤ 0.01", "0.1", "1", "≥ 10"])
    bar.set_label("bits per floor round")
    drawing.suptitle("Bits per raw ping-pong of the same condition and run")
    common.caption(drawing, "Bytes, payload, placement. 1 is, but for noise, the most that one "
                            "acknowledged bit can reach. Median of the repetitions, bare protocol; "
                            "– : not part of this run.")
    return drawing


def condition(row):
    return row["size_bytes"], row["payload"], common.place(row)


def order(entry):
    size, payload, where = entry
    return list(SHORT).index(where), size, ["text", "utf8", "random", "zeros"].index(payload)


def label_cells(axis, grid, shades):
    for y, x in numpy.ndindex(grid.shape):
        value = grid[y, x]
        if numpy.isnan(value):
            axis.text(x, y, "–", ha="center", va="center", color="#999999", fontsize=8)
            continue
        text = f"{value:.0f}" if value >= 10 else f"{value:.2f}"
        axis.text(x, y, text, ha="center", va="center", fontsize=8,
                  color="black" if shades[y, x] > -0.4 else "white")
