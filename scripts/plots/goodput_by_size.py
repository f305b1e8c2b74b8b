"""Goodput against message size: one line a protocol, carriers in grey, one panel a place."""
import math

from matplotlib import ticker

from . import common

FLOOR = 1  # bytes per second; a rate of zero has no place on a logarithmic axis
LABEL = 0.024  # the height of a carrier's label, as a share of the axis


def draw(rows):
    styles = common.styles(rows)
    rows = [r for r in rows if r["payload"] == "text" and common.default(r)]
    protocols, carriers = common.split(rows)
    externals = common.externals(rows)
    protocols += externals
    places = [p for p in common.SUITE_PLACES if any(common.place(r) == p for r in protocols)]
    if not places:
        return None
    drawing, axes = common.figure(columns=len(places), width=3.2 + 4.6 * len(places), height=6.4,
                                  sharey=True)
    axes[0][0].set(yscale="log", ylim=limits(protocols + carriers))
    for axis, where in zip(axes[0], places):
        draw_panel(axis, at(protocols, where), at(carriers, where), styles)
        axis.set_title(common.place_name(where))
    axes[0][0].set_ylabel("goodput")
    axes[0][0].yaxis.set_major_locator(ticker.LogLocator(numticks=20))
    axes[0][0].yaxis.set_major_formatter(
        lambda rate, _position: "≤ 1 B/s" if rate <= FLOOR else common.human_rate(rate))
    add_legend(axes[0], protocols, carriers)
    drawing.suptitle("Goodput of the bare protocols, text"
                     + (", beside other carriers (grey)" if carriers else ""))
    common.caption(drawing, "Each point is the median of n repetitions, each a fresh pair of "
                            "processes; the band spans the slowest and the fastest.\nOf a damaged "
                            "message only the bytes before its first wrong one count; 0 is drawn "
                            "at the lower edge." + grey_note(carriers)
                            + external_note(externals))
    return drawing


def at(rows, where):
    return [r for r in rows if common.place(r) == where]


def limits(rows):
    """From the decade of the slowest repetition, or 1 byte per second where one is zero."""
    rates = [max(s["bytes_per_second"], FLOOR) for r in rows for s in common.measured(r)]
    return 10 ** math.floor(math.log10(min(rates, default=FLOOR))), 3 * max(rates, default=FLOOR)


def grey_note(carriers):
    return " Carriers: medians without a band." if carriers else ""


def external_note(externals):
    return f"\nHollow, dotted: {common.OTHERS}." if externals else ""


def draw_panel(axis, protocols, carriers, styles):
    for protocol in common.names(protocols):
        draw_line(axis, line_of(protocols, protocol), styles[protocol])
    sizes = sorted({r["size_bytes"] for r in protocols + carriers})
    axis.set(xlabel="message size (bytes)", xscale="log", xlim=(sizes[0] / 1.3, 1.3 * sizes[-1]))
    axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axis.minorticks_off()
    lines = [line_of(carriers, carrier) for carrier in common.names(carriers)]
    for line in lines:
        axis.plot([r["size_bytes"] for r in line], [r["bytes_per_second"] for r in line],
                  color=common.GREY, linewidth=0.8, zorder=1.5)
    label_ends(axis, [line[-1] for line in lines])


def line_of(rows, protocol):
    return sorted((r for r in rows if r["protocol"] == protocol), key=lambda r: r["size_bytes"])


def draw_line(axis, line, look):
    sizes = [r["size_bytes"] for r in line]
    rates = [[s["bytes_per_second"] for s in common.measured(r)] or [0] for r in line]
    axis.plot(sizes, [max(r["bytes_per_second"], FLOOR) for r in line], markersize=6,
              label=line[0]["protocol"], clip_on=False, zorder=3, **look)
    axis.fill_between(sizes, [max(min(r), FLOOR) for r in rates],
                      [max(max(r), FLOOR) for r in rates],
                      color=look["color"], alpha=0.12, linewidth=0)


def label_ends(axis, ends):
    """Names to the right of the panel, pushed apart, each tied to the end of its line."""
    to_share = axis.transScale + axis.transLimits  # from data to shares of the axis
    wanted = [to_share.transform((r["size_bytes"], max(r["bytes_per_second"], FLOOR)))
              for r in ends]
    for row, (x, y), moved in zip(ends, wanted, common.spread([y for _, y in wanted], LABEL)):
        axis.plot([x, 1.015], [y, moved], transform=axis.transAxes, color=common.GREY,
                  linewidth=0.4, clip_on=False)
        axis.text(1.02, moved, row["protocol"], transform=axis.transAxes, va="center",
                  fontsize=7.5, color=common.GREY)


def add_legend(axes, protocols, carriers):
    """Fastest first, at the largest size; of two panels the better one decides."""
    handles = {}
    for axis in axes:
        for handle, label in zip(*axis.get_legend_handles_labels()):
            handles.setdefault(label, handle)

    def rank(protocol):
        return max((r["size_bytes"], r["bytes_per_second"]) for r in line_of(protocols, protocol))

    ordered = sorted(handles, key=rank, reverse=True)
    axes[-1].legend([handles[label] for label in ordered],
                    [f"{label} (n = {common.counts(line_of(protocols, label))})"
                     for label in ordered],
                    title="protocol", loc="upper left", handlelength=3.2,
                    bbox_to_anchor=(1.16 if carriers else 1, 1))
