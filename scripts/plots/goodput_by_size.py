"""Goodput against message size: one line a protocol, one panel a place."""
from . import common


def draw(rows):
    rows = [r for r in rows if r["payload"] == "text" and ":" not in r["protocol"]]
    places = [p for p in common.SUITE_PLACES if any(common.place(r) == p for r in rows)]
    if not places:
        return None
    drawing, axes = common.figure(columns=len(places), sharey=True)
    for axis, where in zip(axes[0], places):
        panel = [r for r in rows if common.place(r) == where]
        for index, protocol in enumerate(common.protocols(rows)):
            draw_line(axis, sorted((r for r in panel if r["protocol"] == protocol),
                                   key=lambda r: r["size_bytes"]), protocol, index)
        sizes = sorted({r["size_bytes"] for r in panel})
        axis.set(title=common.PLACES[where], xlabel="message size (bytes)", xscale="log",
                 yscale="log")
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axis.minorticks_off()
    axes[0][0].set_ylabel("goodput (bytes per second)")
    axes[0][0].yaxis.set_major_formatter(human_rate)
    axes[0][-1].legend(title="protocol", loc="upper left", bbox_to_anchor=(1, 1))
    drawing.suptitle("Goodput of the bare protocols, text")
    common.caption(drawing, "Median of the repetitions; the band spans the slowest and the "
                            "fastest. Of a damaged message only the bytes before its first "
                            "wrong one count.")
    return drawing


def draw_line(axis, line, protocol, index):
    if not line:
        return
    sizes = [r["size_bytes"] for r in line]
    rates = [[s["bytes_per_second"] for s in common.measured(r)] for r in line]
    repetitions = sorted({len(r) for r in rates})
    label = f"{protocol} (n = {' or '.join(map(str, repetitions))})"
    look = common.style(index)
    axis.plot(sizes, [r["bytes_per_second"] for r in line], label=label, **look)
    # The floor of a log axis: a rate of zero has no place on it.
    axis.fill_between(sizes, [max(min(r), 1) for r in rates], [max(max(r), 1) for r in rates],
                      color=look["color"], alpha=0.18, linewidth=0)


def human_rate(value, _position):
    for unit, scale in (("MB/s", 1e6), ("kB/s", 1e3)):
        if value >= scale:
            return f"{value / scale:g} {unit}"
    return f"{value:g} B/s"
