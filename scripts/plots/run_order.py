"""The machine's own speed over the whole run: the floor of every repetition, in their order."""
import statistics

from . import common


def draw(rows):
    floors = {}
    for row in rows:
        for sample in common.measured(row):
            if common.floor_ns(sample) > 0:
                floors.setdefault(common.place(row), []).append(
                    (sample["run_order"], common.floor_ns(sample) / 1000))
    if not floors:
        return None
    drawing, axes = common.figure(width=11, height=4.8)
    axis = axes[0][0]
    for index, where in enumerate(sorted(floors, key=common.place_order)):
        draw_place(axis, sorted(floors[where]), where, common.style(index))
    axis.set(xlabel="position of the repetition in the whole run", yscale="log",
             ylabel="floor: raw round trip (microseconds)")
    axis.yaxis.set_major_locator(common.decades())
    axis.yaxis.set_major_formatter(common.plain)
    axis.yaxis.set_minor_formatter(lambda _value, _position: "")
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    drawing.suptitle("Drift of the machine: the floor through the run")
    common.caption(drawing, "Each dot is one of n repetitions of any row: the mean of the raw "
                            "ping-pong before and after it; the line is the median of its place.\n"
                            "Rows are interleaved at random, so a drift or a step favours no row; "
                            "it widens them all.")
    return drawing


def draw_place(axis, dots, where, look):
    axis.plot(*zip(*dots), linestyle="", marker=look["marker"], color=look["color"], alpha=0.6,
              markersize=4)
    median = statistics.median(floor for _, floor in dots)
    axis.axhline(median, color=look["color"], linestyle=look["linestyle"], linewidth=1.5,
                 label=f"{common.place_name(where)}\n"
                       f"median {median:.2f} µs, n = {len(dots)}")
