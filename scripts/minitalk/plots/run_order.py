"""The machine's own speed over the whole run: the floor of every repetition, in their order."""
import statistics

from minitalk.plots import common
from minitalk.plots.common import Axes, Figure, Place
from minitalk.results.reading import floor_ns, measured, Row
from minitalk.results.units import figures


Dots = list[tuple[int, float]]  # position in the run, floor in microseconds
Floors = dict[Place, Dots]


def draw(rows: list[Row]) -> Figure | None:
    floors: Floors = {}
    for row in rows:
        for sample in measured(row):
            if floor_ns(sample) > 0:
                floors.setdefault(common.place(row), []).append(
                    (sample["run_order"], floor_ns(sample) / 1000))
    if not floors:
        return None
    places = sorted(floors, key=common.place_order)
    drawing, axes = common.figure(rows=len(places), height=1.4 + 1.9 * len(places), sharex=True)
    for axis, where in zip(axes.flat, places):
        draw_place(axis, sorted(floors[where]), where)
    axes.flat[-1].set_xlabel("position of the repetition in the whole run")
    drawing.supylabel("floor: raw round trip (microseconds)",
                      fontsize=common.small(1))
    common.title(drawing, claim(floors, places))
    common.caption(drawing, "Each dot is one of n repetitions of any row: the mean of the raw "
                            "ping-pong before and after it; the line is the median of its place.\n"
                            "Rows are interleaved at random, so a drift or a step favours no row; "
                            "it widens them all.")
    return drawing


def claim(floors: Floors, places: list[Place]) -> str:
    """How far the machine's own speed went."""
    texts = []
    for where in places:
        values = [floor for _, floor in floors[where]]
        texts.append(f"{figures(min(values))} to {figures(max(values))} µs "
                     f"({common.place_name(where)})")
    return f"In this run a raw round trip took {'; '.join(texts)}"


def draw_place(axis: Axes, dots: Dots, where: Place) -> None:
    median = statistics.median(floor for _, floor in dots)
    axis.axhline(median, color="#333333", linewidth=1)
    axis.plot(*zip(*dots), linestyle="", marker="o", color="#333333", alpha=0.5,
              markersize=3, markeredgewidth=0)
    axis.set(yscale="log", title=f"{common.place_name(where)}: median {median:.2f} µs, "
                                 f"n = {len(dots)}")
    axis.yaxis.set_major_locator(common.decades())
    axis.yaxis.set_major_formatter(common.plain)
    axis.yaxis.set_minor_formatter(lambda _value, _position: "")
