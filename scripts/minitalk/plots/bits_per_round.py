"""Bits per round trip, counted, against what the theory of each protocol allows; and bits per
microsecond against what its rounds could carry at the measured costs of a send, a take and a
wake-up."""
import operator
from typing import Any, Sequence

from matplotlib import patheffects

from minitalk.plots import common
from minitalk.plots.common import Axes, Figure
from minitalk.results import comparison
from minitalk.results.reading import Row, three_figures

WORDS = {"random": "random bytes", "zeros": "bytes of zeros", "ones": "bytes of ones"}
STEP = 0.14  # inches between the payloads of a protocol
EDGE = 0.12  # inches above the first and below the last of them
bits_of: Any = operator.itemgetter("bits_per_round")
HALO = [patheffects.withStroke(linewidth=2.5, foreground="white")]  # lines do not cross a figure


def draw(rows: list[Row]) -> Figure | None:
    rows = [r for r in common.split(rows)[0]
            if r["bits_per_round"] is not None and common.default(r)]
    if not rows:
        return None
    size, rows = most_varied(rows)
    drawing, axis = common.single(height=1.8 + height(rows))
    draw_panel(axis, rows)
    axis.set_xlabel("bits per round trip")
    legend(axis)
    common.title(drawing, claim(rows))
    common.caption(drawing, f"{size:,} bytes. Counted, not timed, over all n = "
                            f"{common.counts(rows)} repetitions of a row; two figures: the places "
                            "differ. `ppm` counts wrong bits too. A bound is an average over all "
                            "messages: one of them may exceed it, as do long runs by `rle`.")
    return drawing


def draw_in_time(rows: list[Row]) -> Figure | None:
    """None of older files, too, which have no costs."""
    rows = [in_time(r) for r in common.split(rows)[0]
            if common.default(r) and common.place(r) in common.SUITE_PLACES
            and r.get("bits_per_microsecond_max") and r["bytes_per_second"] > 0]
    if not rows:
        return None
    size, rows = most_varied(rows)
    places = [p for p in common.SUITE_PLACES if any(common.place(r) == p for r in rows)]
    drawing, axes = common.figure(rows=len(places), height=len(places) * (1.2 + height(rows)))
    for axis, where in zip(axes.flat, places):
        draw_panel(axis, [r for r in rows if common.place(r) == where])
        axis.set(title=common.place_name(where), xlabel="bits per microsecond")
    legend(axes.flat[0])
    common.title(drawing, claim_in_time(rows))
    common.caption(drawing, f"{size:,} bytes, median of n = {common.counts(rows)} repetitions. "
                            "The bound is the capacity of a noiseless channel whose symbols, the "
                            "rounds, cost unequal times: a send and a take as measured alone, and "
                            "the rest of the floor's round as the way there and back. On two CPUs "
                            "sends and takes overlap. No code for the bits can exceed it; a "
                            "message may.")
    return drawing


def in_time(row: Row) -> Row:
    """With what was measured, and its bounds, in the keys of the picture of rounds."""
    return {**row, "bits_per_round": row["bytes_per_second"] * 8 / 1e6,
            "bits_per_round_max": row["bits_per_microsecond_max"],
            "bits_per_round_random": row["bits_per_microsecond_random"]}


def most_varied(rows: list[Row]) -> tuple[int, list[Row]]:
    """The size of which most payloads were measured, and its rows; the larger decides a draw."""
    size = max((r["size_bytes"] for r in rows), key=lambda size: (
        len({r["payload"] for r in rows if r["size_bytes"] == size}), size))
    return size, [r for r in rows if r["size_bytes"] == size]


def payloads_of(rows: list[Row]) -> list[str]:
    return [p for p in common.PAYLOADS if any(r["payload"] == p for r in rows)]


def height(rows: list[Row]) -> float:
    """Of a panel, in inches."""
    return (2 * EDGE + STEP * len(payloads_of(rows))) * len(common.names(rows))


def draw_panel(axis: Axes, rows: list[Row]) -> None:
    """A line a protocol: its figures, by payload, and its theory."""
    names, looks, payloads = common.names(rows), common.styles(rows), payloads_of(rows)
    step = STEP / (2 * EDGE + STEP * len(payloads))
    for y, name in enumerate(names):
        draw_protocol(axis, [r for r in rows if r["protocol"] == name], y, payloads, step,
                      looks[name]["color"])
        if y:
            axis.axhline(y - 0.5, color="#cccccc", linewidth=0.8)
    axis.set_yticks(range(len(names)), names)
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(len(names) - 0.5, -0.5)
    scale(axis, rows)
    axis.grid(axis="y", visible=False)


def legend(axis: Axes) -> None:
    handles, labels = axis.get_legend_handles_labels()
    unique = dict(zip(labels, handles))
    beside = {"loc": "upper left", "bbox_to_anchor": (1, 1)}
    above = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncol": 2}
    axis.legend(unique.values(), unique.keys(), **(above if common.narrow() else beside))


def claim(rows: list[Row]) -> str:
    """The best of each kind that lost nothing, on random bytes if there are any: nothing flatters
    there."""
    payload = next((p for p in ("random", *common.PAYLOADS)
                    if any(r["payload"] == p for r in rows)), rows[0]["payload"])
    whole = [r for r in rows if r["payload"] == payload and comparison.lost_nothing(r)]
    best = [max((r for r in whole if r["kind"] in kinds), default=None,
                key=bits_of)
            for kinds in (comparison.BARE, comparison.PAYLOAD)]
    texts = [f"{row['protocol']} carries {three_figures(row['bits_per_round'])} bits a round trip, "
             f"most of {words}" for row, words in
             zip(best, ("the bare protocols that lost nothing", "those with a payload"))
             if row is not None]
    if not texts:
        return "Bits a round trip against theory"
    return f"On {WORDS.get(payload, payload)}, {'; '.join(texts)}"


def claim_in_time(rows: list[Row]) -> str:
    """How near the bare protocols that lost nothing come to what they could carry."""
    payload = "random" if any(r["payload"] == "random" for r in rows) else rows[0]["payload"]
    shares = {(r["protocol"], common.place(r)): r["bits_per_round"] / r["bits_per_round_max"]
              for r in rows if r["payload"] == payload and r["kind"] in comparison.BARE
              and comparison.lost_nothing(r)}
    if not shares:
        return "Bits a microsecond against the bound at this machine's costs"
    far, near = (pick(shares, key=lambda row: float(shares[row])) for pick in (min, max))
    texts = [f"{name} reaches {shares[name, where]:.0%} ({common.PINS[where[0]]})"
             for name, where in dict.fromkeys((near, far))]
    return (f"On {WORDS.get(payload, payload)} {' and '.join(texts)} of what its rounds could "
            "carry at this machine's costs")


def scale(axis: Axes, rows: list[Row]) -> None:
    """Logarithmic where hundreds of bits and one stand side by side, with room for the figures."""
    values = [r[key] for r in rows
              for key in ("bits_per_round", "bits_per_round_max") if r[key] is not None]
    if max(values) <= 10 * min(values):
        axis.set_xlim(0, 1.15 * max(values))
        return
    axis.set_xscale("log")
    axis.set_xlim((0.3 if common.narrow() else 0.5) * min(values), 2 * max(values))
    common.set_decades(axis.xaxis, subs=(1,) if common.narrow() else (1, 2, 5))


def draw_protocol(axis: Axes, rows: list[Row], y: float, payloads: list[str], step: float,
                  colour: str) -> None:
    bound = rows[0]["bits_per_round_max"]
    expected = rows[0]["bits_per_round_random"]
    for bits, look in (
            (bound, {"color": "black", "linewidth": 1.5, "label": "bound of the theory"}),
            (expected, {"color": "#555555", "linewidth": 1.2, "linestyle": ":",
                        "label": "theory on random bits"})):
        if bits is not None:
            axis.plot([bits] * 2, [y - 0.42, y + 0.42], **look)
    for index, payload in enumerate(payloads):
        values = sorted({r["bits_per_round"] for r in rows if r["payload"] == payload})
        if not values:
            continue
        height = y + step * (index - (len(payloads) - 1) / 2)
        marker = common.MARKERS[common.PAYLOADS.index(payload)]
        axis.plot(values, [height] * len(values), linestyle="", markersize=6, marker=marker,
                  color=colour)
        axis.plot([], [], linestyle="", markersize=6, marker=marker, color="#333333",
                  label=payload)
        annotate(axis, values, height, (bound, expected))


def annotate(axis: Axes, values: Sequence[float], height: float,
             lines: tuple[float | None, float | None]) -> None:
    """To the right, but to the left where a line of the theory would cross the figure."""
    ends = dict.fromkeys(three_figures(value) for value in (values[0], values[-1]))
    crossed = any(line is not None and 1.01 * values[-1] < line < 1.6 * values[-1]
                  for line in lines)
    axis.annotate("–".join(ends), (values[0 if crossed else -1], height),
                  xytext=(-8 if crossed else 8, 0), textcoords="offset points", va="center",
                  ha="right" if crossed else "left", fontsize=common.small(), path_effects=HALO)
