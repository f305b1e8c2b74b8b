"""The cliff: loss and goodput of `usleep` against its pause, every repetition a dot, beside the
goodput of `ack`, which waits for an answer instead."""
import statistics

from . import common

SIZE = 256  # bytes: short enough for a pause of milliseconds
LABEL = 0.06  # the height of a label, as a share of the axis


def pause_of(row):
    return row["parameter"]


def draw(rows):
    rows = [r for r in common.split(rows)[0]
            if r["payload"] == "text" and r["size_bytes"] == SIZE and common.measured(r)]
    sweep = [r for r in rows if common.name(r) == "usleep" and pause_of(r) is not None]
    places = [p for p in common.SUITE_PLACES
              if len({pause_of(r) for r in sweep if common.place(r) == p}) > 1]
    if not places:
        return None
    drawing, axes = common.figure(columns=2, width=12.5, height=5.0)
    for index, where in enumerate(places):
        panel = sorted((r for r in sweep if common.place(r) == where), key=pause_of)
        draw_dots(axes[0][0], panel, index, where, lost_share)
        draw_dots(axes[0][1], panel, index, where, session_rate)
    for axis in axes[0]:
        # Linear up to 1 us, so that "no pause at all" has its place on a logarithmic axis.
        axis.set_xscale("symlog", linthresh=1, linscale=0.5)
        pauses = sorted({pause_of(r) for r in sweep})
        axis.set_xticks(pauses, [str(p) for p in pauses])
        axis.minorticks_off()
        axis.set_xlabel("pause after each bit (microseconds)")
    references = reference_rates(rows, places)
    draw_references(axes[0][1], references, places)
    axes[0][0].set(title="Bits lost, without resending", ylabel="share of bits lost (%)")
    axes[0][0].set_ylim(bottom=-1)
    axes[0][1].set(title="Through the session: resent until right",
                   ylabel="goodput (kB/s); 0 = refused")
    axes[0][1].legend(loc="upper left", bbox_to_anchor=(1, 1))
    drawing.suptitle(f"usleep: too fast loses bits, safe is slow ({SIZE} bytes of text)")
    common.caption(drawing, "Each dot is a repetition with a fresh pair of processes; the line "
                            "joins the medians. A message that the session refuses is not printed."
                            + reference_note(references))
    return drawing


def lost_share(sample):
    return 100 * (1 - sample["bits_received"] / sample["bits_sent"])


def session_rate(sample):
    if not sample["session_delivered"]:
        return 0.0
    return SIZE / sample["session_seconds"] / 1000


def draw_dots(axis, panel, index, where, figure_of):
    look = common.style(index)
    values = [[figure_of(s) for s in common.measured(r)] for r in panel]
    for row, dots in zip(panel, values):
        axis.plot([pause_of(row)] * len(dots), dots, linestyle="", marker=look["marker"],
                  color=look["color"], alpha=0.5, markersize=5)
    axis.plot([pause_of(r) for r in panel], [statistics.median(v) for v in values],
              linestyle=look["linestyle"], color=look["color"],
              label=f"{common.place_name(where)}\n(n = {common.counts(panel)} a pause)")


def reference_rates(rows, places):
    """What `ack` delivered through the session at each place that it was measured at."""
    return {common.place(r): [session_rate(s) for s in common.measured(r)] for r in rows
            if r["protocol"] == "ack" and common.place(r) in places}


def draw_references(axis, references, places):
    """A thin line each, its name above its right end, where the pauses are long and slow."""
    medians = {where: statistics.median(rates) for where, rates in references.items()}
    for where, median in medians.items():
        look = common.style(places.index(where))
        axis.axhline(median, color=look["color"], linestyle=look["linestyle"], linewidth=0.8)
    bottom, top = axis.get_ylim()
    axis.set_ylim(bottom, top)
    heights = common.spread(list(medians.values()), LABEL * (top - bottom))
    for (where, median), height in zip(medians.items(), heights):
        axis.text(0.99, height + 0.1 * LABEL * (top - bottom),
                  f"ack, {common.place_name(where)}: {common.figures(median)}",
                  transform=axis.get_yaxis_transform(), ha="right", va="bottom", fontsize=8,
                  color=common.style(places.index(where))["color"])


def reference_note(references):
    if not references:
        return ""
    numbers = " to ".join(map(str, sorted({len(rates) for rates in references.values()})))
    return (f"\nThin lines: `ack`, which waits for an answer to each bit instead of pausing; "
            f"median of n = {numbers}.")
