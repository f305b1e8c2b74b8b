"""Goodput against what it costs in CPU time: one point a protocol and place."""
import textwrap

from . import common


def draw(rows):
    styles = common.styles(rows)
    rows = [r for r in rows if r["payload"] == "text" and common.default(r)
            and common.place(r) in common.SUITE_PLACES]
    subjects = common.split(rows)[0] or common.externals(rows)
    if not subjects:
        return None
    size = max(r["size_bytes"] for r in subjects)
    rows = [r for r in rows if r["size_bytes"] == size]
    protocols, carriers = common.split(rows)
    protocols += common.externals(rows)
    absent = sorted({f"{r['protocol']} ({r['pin']}/{r['wait']})"
                     for r in protocols if not has_point(r)})
    protocols, carriers = (list(filter(has_point, group)) for group in (protocols, carriers))
    if not protocols:
        return None
    drawing, axes = common.figure(width=10.5, height=6.4)
    axis = axes[0][0]
    axis.set(xscale="log", yscale="log", xlabel="CPU seconds of both ends per 10⁶ correct bytes",
             ylabel="goodput")
    for row in carriers:
        draw_point(axis, row, {"marker": "o", "color": common.GREY}, 3.5)
    for row in protocols:
        draw_point(axis, row, styles[row["protocol"]], 8)
    draw_frontier(axis, [r for r in protocols if not common.external(r)] or protocols)
    axis.yaxis.set_major_formatter(common.human_rate)
    axis.xaxis.set_major_formatter(common.plain)
    add_legend(axis, protocols, carriers, styles)
    drawing.suptitle(f"Goodput and its cost ({size:,} bytes of text, bare protocols)")
    common.caption(drawing, f"Goodput: median of n = {common.counts(protocols + carriers)} "
                            "repetitions; cost: all of them together. Better is up and to the "
                            f"left.{missing(absent)}{external_note(protocols)}")
    return drawing


def has_point(row):
    """Both axes are logarithmic, and what delivered nothing has no cost per byte."""
    return row["bytes_per_second"] > 0 and (row["cpu_seconds_per_megabyte"] or 0) > 0


def missing(absent):
    return f"\nNo point, as not one byte came right: {', '.join(absent)}." if absent else ""


def external_note(rows):
    return f"\n* {common.OTHERS}." if common.externals(rows) else ""


def face(where, colour):
    return colour if where == common.SUITE_PLACES[0] else "none"


def draw_point(axis, row, look, size):
    axis.plot(row["cpu_seconds_per_megabyte"], row["bytes_per_second"], linestyle="",
              marker=look["marker"], color=look["color"], markersize=size,
              markerfacecolor=face(common.place(row), look["color"]))


def frontier(points):
    """Those that no other point beats: (cost, goodput), from the cheapest on."""
    best = []
    for cost, goodput in sorted(points, key=lambda point: (point[0], -point[1])):
        if not best or goodput > best[-1][1]:
            best.append((cost, goodput))
    return best


def draw_frontier(axis, protocols):
    """To the edges of the picture: whatever lies below and to the right is beaten."""
    points = frontier((r["cpu_seconds_per_megabyte"], r["bytes_per_second"]) for r in protocols)
    (left, right), (bottom, top) = axis.get_xlim(), axis.get_ylim()
    costs, rates = zip(*points)
    axis.plot([costs[0], *costs, right], [bottom, *rates, rates[-1]], drawstyle="steps-post",
              color="black", linewidth=1, zorder=1.5, label="frontier of the protocols:\n"
                                                            "below and right of it is beaten")
    axis.set(xlim=(left, right), ylim=(bottom, top))


def add_legend(axis, protocols, carriers, styles):
    handles, labels = axis.get_legend_handles_labels()
    others = common.names(common.externals(protocols))
    for protocol in common.names(protocols):
        handles.append(axis.plot([], [], linestyle="", marker=styles[protocol]["marker"],
                                 color=styles[protocol]["color"])[0])
        labels.append(f"* {protocol}" if protocol in others else protocol)
    if carriers:
        handles.append(axis.plot([], [], linestyle="", marker="o", markersize=3.5,
                                 color=common.GREY)[0])
        labels.append(textwrap.fill(f"carriers: {', '.join(common.names(carriers))}", width=28,
                                    break_on_hyphens=False))
    for where in common.SUITE_PLACES:
        handles.append(axis.plot([], [], linestyle="", marker="o", color="black",
                                 markerfacecolor=face(where, "black"))[0])
        labels.append(common.place_name(where))
    axis.legend(handles, labels, loc="upper left", bbox_to_anchor=(1, 1))
