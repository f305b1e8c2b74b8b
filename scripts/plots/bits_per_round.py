"""Bits per round trip, counted, against what the theory of each protocol allows."""
from . import common

PAYLOADS = ["text", "utf8", "random", "zeros"]


def draw(rows):
    rows = [r for r in rows if r["bits_per_round"] is not None and ":" not in r["protocol"]]
    if not rows:
        return None
    size = max((r["size_bytes"] for r in rows), key=lambda size: variety(rows, size))
    rows = [r for r in rows if r["size_bytes"] == size]
    names = common.protocols(rows)
    drawing, axes = common.figure(width=8.5, height=1.8 + 0.75 * len(names))
    axis = axes[0][0]
    for y, name in enumerate(names):
        draw_protocol(axis, [r for r in rows if r["protocol"] == name], y)
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(lambda value, _position: f"{value:g}")
    axis.grid(axis="y", visible=False)
    axis.set_xlabel("bits per round trip")
    handles, labels = axis.get_legend_handles_labels()
    unique = dict(zip(labels, handles))
    axis.legend(unique.values(), unique.keys(), loc="upper left", bbox_to_anchor=(1, 1))
    drawing.suptitle(f"Bits per round trip against theory ({size:,} bytes)")
    common.caption(drawing, "Counted, not timed: all repetitions agree. `rle` has no bound: a run "
                            "of n bits costs 2 log2 n + 1 rounds.")
    return drawing


def variety(rows, size):
    """How many payloads were measured at this size; the larger size decides a draw."""
    return len({r["payload"] for r in rows if r["size_bytes"] == size}), size


def draw_protocol(axis, rows, y):
    bound = rows[0]["bits_per_round_max"]
    expected = rows[0]["bits_per_round_random"]
    if bound is not None:
        axis.plot([bound] * 2, [y - 0.36, y + 0.36], color="black", linewidth=1.5,
                  label="bound of the theory")
    if expected is not None:
        axis.plot([expected] * 2, [y - 0.36, y + 0.36], color="#555555", linewidth=1.2,
                  linestyle=":", label="theory on random bits")
    for index, payload in enumerate(PAYLOADS):
        values = [r["bits_per_round"] for r in rows if r["payload"] == payload]
        offset = 0.18 * (index - 1.5)
        if values:
            axis.annotate(f"{values[0]:.3g}", (values[0], y + offset), xytext=(8, 0),
                          textcoords="offset points", va="center", fontsize=8)
        axis.plot(values, [y + offset] * len(values), linestyle="", markersize=7,
                  marker=common.MARKERS[index], color=common.COLOURS[index], label=payload)
