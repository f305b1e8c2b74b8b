"""Goodput against what it costs in CPU time: two points a protocol, one a place. Panels: all of
them, and the bare protocols that lie close to one another, magnified."""
import operator
import statistics
from typing import Any, Iterable

from minitalk.plots import common
from minitalk.plots.common import Axes, End, Figure, Look
from minitalk.results.comparison import BARE
from minitalk.results.reading import rate_text, Row

NEAR = 4  # times the median in cost and in goodput: what is magnified
COST, RATE = "cpu_seconds_per_megabyte", "bytes_per_second"
cost_of: Any = operator.itemgetter(COST)


def draw(rows: list[Row]) -> Figure | None:
    styles = common.styles(rows)
    rows = [r for r in rows if r["payload"] == "text" and common.default(r)
            and common.place(r) in common.SUITE_PLACES]
    subjects = common.split(rows)[0] or common.third_parties(rows)
    if not subjects:
        return None
    size = max(r["size_bytes"] for r in subjects)
    rows = [r for r in rows if r["size_bytes"] == size]
    protocols, carriers = common.split(rows)
    protocols += common.third_parties(rows)
    absent = sorted({f"{r['protocol']} ({r['pin']}/{r['wait']})"
                     for r in protocols if not has_point(r)})
    protocols, carriers = (list(filter(has_point, group)) for group in (protocols, carriers))
    if not protocols:
        return None
    close = crowd(protocols)
    drawing, axes = common.panels(2 if close else 1, height=5.2)
    draw_panel(drawing, axes[0], protocols, carriers, styles, close)
    if close:
        magnify(drawing, axes, close, styles)
    common.title(drawing, claim(protocols))
    common.caption(drawing, f"{size:,} bytes of text, bare protocols. Goodput: median of n = "
                            f"{common.counts(protocols + carriers)} repetitions; cost: all of "
                            "them together. Better is up and to the left; what lies below and to "
                            "the right of the black line is beaten by a protocol on it. Filled: "
                            f"{common.place_name(common.SUITE_PLACES[0])}; hollow: "
                            f"{common.place_name(common.SUITE_PLACES[1])}."
                            + (f"\nNo point, as not one byte came right: {', '.join(absent)}."
                               if absent else "")
                            + (f"\n* {common.OTHERS}." if common.third_parties(protocols) else ""))
    return drawing


def claim(protocols: list[Row]) -> str:
    """The cheapest and the dearest that are drawn."""
    low, high = (pick(protocols, key=cost_of) for pick in (min, max))
    if low["protocol"] == high["protocol"]:
        return (f"{low['protocol']} costs {seconds(low[COST])} CPU seconds a megabyte at "
                f"{rate_text(low['bytes_per_second'])}")
    return (f"{low['protocol']} costs least, {seconds(low[COST])} CPU seconds a megabyte; "
            f"{high['protocol']} most, {seconds(high[COST])}")


def seconds(value: float) -> str:
    return f"{float(f'{value:.2g}'):,.10g}"


def has_point(row: Row) -> bool:
    """Both axes are logarithmic, and what delivered nothing has no cost per byte."""
    return row[RATE] > 0 and (row[COST] or 0) > 0


def crowd(protocols: list[Row]) -> list[Row]:
    """The bare ones about the median of them, which a panel of all cannot tell apart; none where
    they are all there is, or too few."""
    bare = [r for r in protocols if r["kind"] in BARE]
    if not bare:
        return []
    middle = {key: statistics.median(r[key] for r in bare) for key in (COST, RATE)}
    close = [r for r in bare
             if all(value / NEAR <= r[key] <= NEAR * value for key, value in middle.items())]
    return close if 3 <= len(close) < len(protocols) else []


def draw_point(axis: Axes, row: Row, look: Look, size: float) -> None:
    filled = common.place(row) == common.SUITE_PLACES[0]
    axis.plot(row[COST], row[RATE], linestyle="", marker=look["marker"], color=look["color"],
              markersize=size, zorder=3, markerfacecolor=look["color"] if filled else "white")


def draw_panel(drawing: Figure, axis: Axes, protocols: list[Row], carriers: list[Row],
               styles: dict[str, Look], apart: Any) -> None:
    """Names beside the points, but for those that stand in a panel of their own."""
    axis.set(xscale="log", yscale="log", xlabel="CPU seconds of both ends per 10⁶ correct bytes",
             ylabel="goodput")
    for row in carriers:
        draw_point(axis, row, {"marker": "o", "color": common.GREY}, 3)
    for name in common.names(protocols):
        draw_protocol(axis, [r for r in protocols if r["protocol"] == name], styles[name])
    axis.margins(0.08)
    draw_frontier(axis, [r for r in protocols if not common.third_party(r)] or protocols)
    axis.yaxis.set_major_formatter(common.human_rate)
    axis.xaxis.set_major_formatter(common.plain)
    axis.tick_params(which="minor", length=0)
    far = [r for r in protocols if r not in apart]
    ends = [end(far, name, styles) for name in common.names(far)]
    if carriers:
        dearest = max(carriers, key=cost_of)
        ends.append((dearest[COST], dearest[RATE], "pipes and\nthe like", common.GREY))
    common.label_ends(drawing, axis, ends)


def draw_protocol(axis: Axes, rows: list[Row], look: Look) -> None:
    """Its points, joined, so that they are seen to be of one protocol."""
    axis.plot([r[COST] for r in rows], [r[RATE] for r in rows],
              color=look["color"], linewidth=0.8, zorder=2, alpha=0.6)
    for row in rows:
        draw_point(axis, row, look, 6.5)


def end(rows: list[Row], name: str, styles: dict[str, Look]) -> End:
    """The label of a protocol, tied to the rightmost of its points."""
    row = max((r for r in rows if r["protocol"] == name), key=cost_of)
    star = "* " if common.third_party(row) else ""
    return row[COST], row[RATE], star + name, styles[name]["color"]


def magnify(drawing: Figure, axes: Axes, close: list[Row], styles: dict[str, Look]) -> None:
    axis = axes[1]
    axis.set(xscale="log", yscale="log", xlabel="CPU seconds per 10⁶ correct bytes",
             title="the frame, magnified")
    for name in common.names(close):
        draw_protocol(axis, [r for r in close if r["protocol"] == name], styles[name])
    axis.margins(0.12)
    common.set_decades(axis.xaxis)
    common.set_decades(axis.yaxis, common.human_rate)
    common.label_ends(drawing, axis, [end(close, name, styles) for name in common.names(close)])
    axes[0].set_title("all")
    axes[0].indicate_inset((axis.get_xlim()[0], axis.get_ylim()[0],
                            axis.get_xlim()[1] - axis.get_xlim()[0],
                            axis.get_ylim()[1] - axis.get_ylim()[0]), edgecolor="#333333")


def frontier(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Those that no other point beats: (cost, goodput), from the cheapest on."""
    best: list[tuple[float, float]] = []
    for cost, goodput in sorted(points, key=lambda point: (point[0], -point[1])):
        if not best or goodput > best[-1][1]:
            best.append((cost, goodput))
    return best


def draw_frontier(axis: Axes, protocols: list[Row]) -> None:
    """To the edges of the picture: whatever lies below and to the right is beaten."""
    points = frontier((r[COST], r[RATE]) for r in protocols)
    (left, right), (bottom, top) = axis.get_xlim(), axis.get_ylim()
    costs, rates = zip(*points)
    axis.plot([costs[0], *costs, right], [bottom, *rates, rates[-1]], drawstyle="steps-post",
              color="black", linewidth=1, zorder=1.5)
    axis.set(xlim=(left, right), ylim=(bottom, top))
