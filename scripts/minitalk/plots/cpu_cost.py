"""Goodput against what it costs in CPU time: two points a protocol, one a place. Panels: all of
them, and the bare protocols that lie close to one another, magnified."""
import operator
import statistics
from typing import Any, Iterable

from minitalk.plots import common
from minitalk.plots.common import Axes, End, Figure, Look, Place
from minitalk.results.reading import Row
from minitalk.results.units import rate_text

NEAR = 4  # times the median in cost and in goodput: what is magnified
BARE = {"signal-number", "pending-set"}


def draw(rows: list[Row]) -> Figure | None:
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
                            f"{missing(absent)}{external_note(protocols)}")
    return drawing


def claim(protocols: list[Row]) -> str:
    """The cheapest and the dearest that are drawn."""
    cost = "cpu_seconds_per_megabyte"
    low, high = (pick(protocols, key=operator.itemgetter(cost)) for pick in (min, max))
    if low["protocol"] == high["protocol"]:
        return (f"{low['protocol']} costs {seconds(low[cost])} CPU seconds a megabyte at "
                f"{rate_text(low['bytes_per_second'])}")
    return (f"{low['protocol']} costs least, {seconds(low[cost])} CPU seconds a megabyte; "
            f"{high['protocol']} most, {seconds(high[cost])}")


def seconds(value: float) -> str:
    return f"{float(f'{value:.2g}'):,.10g}"


def has_point(row: Row) -> bool:
    """Both axes are logarithmic, and what delivered nothing has no cost per byte."""
    return row["bytes_per_second"] > 0 and (row["cpu_seconds_per_megabyte"] or 0) > 0


def crowd(protocols: list[Row]) -> list[Row]:
    """The bare ones about the median of them, which a panel of all cannot tell apart; none where
    they are all there is, or too few."""
    bare = [r for r in protocols if r["kind"] in BARE]
    if not bare:
        return []
    keys = ("cpu_seconds_per_megabyte", "bytes_per_second")
    middle = {key: statistics.median(r[key] for r in bare) for key in keys}
    close = [r for r in bare
             if all(middle[key] / NEAR <= r[key] <= NEAR * middle[key] for key in keys)]
    return close if 3 <= len(close) < len(protocols) else []


def missing(absent: list[str]) -> str:
    return f"\nNo point, as not one byte came right: {', '.join(absent)}." if absent else ""


def external_note(rows: list[Row]) -> str:
    return f"\n* {common.OTHERS}." if common.externals(rows) else ""


def face(where: Place, colour: str) -> str:
    return colour if where == common.SUITE_PLACES[0] else "white"


def draw_point(axis: Axes, row: Row, look: Look, size: float) -> None:
    axis.plot(row["cpu_seconds_per_megabyte"], row["bytes_per_second"], linestyle="",
              marker=look["marker"], color=look["color"], markersize=size, zorder=3,
              markerfacecolor=face(common.place(row), look["color"]))


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
    draw_frontier(axis, [r for r in protocols if not common.external(r)] or protocols)
    axis.yaxis.set_major_formatter(common.human_rate)
    axis.xaxis.set_major_formatter(common.plain)
    axis.tick_params(which="minor", length=0)
    near = {r["protocol"] for r in apart}
    far = [r for r in protocols if r not in apart]
    own = {r["protocol"] for r in protocols if r["protocol"] not in near} | {
        r["protocol"] for r in far}
    common.label_ends(drawing, axis, [end(far, name, styles) for name in common.names(far)
                                      if name in own] + carriers_end(carriers))


def carriers_end(carriers: list[Row]) -> list[End]:
    if not carriers:
        return []
    dearest = max(carriers, key=operator.itemgetter("cpu_seconds_per_megabyte"))
    return [(dearest["cpu_seconds_per_megabyte"], dearest["bytes_per_second"],
             "pipes and\nthe like", common.GREY)]


def draw_protocol(axis: Axes, rows: list[Row], look: Look) -> None:
    """Its points, joined, so that they are seen to be of one protocol."""
    axis.plot([r["cpu_seconds_per_megabyte"] for r in rows], [r["bytes_per_second"] for r in rows],
              color=look["color"], linewidth=0.8, zorder=2, alpha=0.6)
    for row in rows:
        draw_point(axis, row, look, 6.5)


def end(rows: list[Row], name: str, styles: dict[str, Look]) -> End:
    """The label of a protocol, tied to the rightmost of its points."""
    row = max((r for r in rows if r["protocol"] == name),
              key=operator.itemgetter("cpu_seconds_per_megabyte"))
    star = "* " if common.external(row) else ""
    return (row["cpu_seconds_per_megabyte"], row["bytes_per_second"], star + name,
            styles[name]["color"])


def magnify(drawing: Figure, axes: Axes, close: list[Row], styles: dict[str, Look]) -> None:
    axis = axes[1]
    axis.set(xscale="log", yscale="log", xlabel="CPU seconds per 10⁶ correct bytes",
             title="the frame, magnified")
    for name in common.names(close):
        draw_protocol(axis, [r for r in close if r["protocol"] == name], styles[name])
    axis.margins(0.12)
    for scale, text in ((axis.xaxis, common.plain), (axis.yaxis, common.human_rate)):
        scale.set_major_locator(common.decades())
        scale.set_major_formatter(text)
        scale.set_minor_formatter(lambda _value, _position: "")
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
    points = frontier((r["cpu_seconds_per_megabyte"], r["bytes_per_second"]) for r in protocols)
    (left, right), (bottom, top) = axis.get_xlim(), axis.get_ylim()
    costs, rates = zip(*points)
    axis.plot([costs[0], *costs, right], [bottom, *rates, rates[-1]], drawstyle="steps-post",
              color="black", linewidth=1, zorder=1.5)
    axis.set(xlim=(left, right), ylim=(bottom, top))
