"""Goodput from run to run, in units of each run's own floor: a panel a protocol, a line a place.
Draws the lines of results/history.jsonl, whose row names scripts/history.py has taken apart."""
from typing import Any

from minitalk.plots import common
from minitalk.plots.common import Axes, Figure, Look, Place

Line = dict[str, Any]  # of the history, with the parts of its row's name

COLUMNS = 3
LABELS = 20  # so many commits can be read below a panel


def draw(lines: list[Line], condition: str) -> Figure:
    """`condition` is `256/text`; None if the history holds nothing of it."""
    lines = [line for line in lines if line["condition"] == condition and common.default(line)]
    if not lines:
        return None
    names, runs = list(dict.fromkeys(line["protocol"] for line in lines)), runs_of(lines)
    places = sorted({line["place"] for line in lines}, key=common.place_order)
    looks = {where: common.style(index) for index, where in enumerate(places)}
    columns = min(COLUMNS, len(names))
    deep = -(-len(names) // columns)
    drawing, axes = common.figure(columns=columns, rows=deep, width=3.6 * columns + 2,
                                  height=2.1 * deep + 1.6)
    panels = axes.flatten()
    for index, name in enumerate(names):
        panels[index].set_title(name, fontsize="medium")
        draw_panel(panels[index], [line for line in lines if line["protocol"] == name], runs, looks)
        label_runs(panels[index], runs, shown=index + columns >= len(names))
    for panel in panels[len(names):]:
        panel.set_axis_off()
    panels[columns - 1].legend(handles=[panels[0].plot([], [], label=common.place_name(where),
                                                       **looks[where])[0] for where in places],
                               loc="upper left", bbox_to_anchor=(1, 1), handlelength=3.2)
    drawing.supylabel("goodput (bits per floor round)", fontsize="medium")
    size, payload = condition.split("/")
    common.title(drawing, f"Goodput from run to run ({int(size):,} bytes of {payload}, "
                          "bare protocols)")
    common.caption(drawing, words(lines, runs))
    return drawing


def words(lines: list[Line], runs: list[Line]) -> str:
    numbers = {line["n"] for line in lines}
    counts = " to ".join(map(str, sorted({min(numbers), max(numbers)})))
    said = (f"Medians of n = {counts} repetitions, bars from quartile to quartile, in raw "
            "ping-pongs of the same run.\nRuns in the order of their measuring; each panel has its "
            "own scale, which does not begin at 0.")
    if any(run["dirty"] for run in runs):
        said += "\nHollow, and + at the commit: a tree with changes."
    if len({run["machine"] for run in runs}) > 1:
        said += "\nThe lines break where the machine changes."
    return said


def run_of(line: Line) -> Line:
    return {key: line[key] for key in ("date", "commit", "machine", "dirty")}


def runs_of(lines: list[Line]) -> list[Line]:
    """Each once, the earliest first."""
    found = {tuple(run_of(line).values()): run_of(line) for line in lines}
    return [found[key] for key in sorted(found)]


def stretches(runs: list[Line]) -> list[list[int]]:
    """Positions of neighbours that ran on the same machine."""
    found: list[list[int]] = []
    for position, run in enumerate(runs):
        if position == 0 or run["machine"] != runs[position - 1]["machine"]:
            found.append([])
        found[-1].append(position)
    return found


def draw_panel(axis: Axes, lines: list[Line], runs: list[Line], looks: dict[Place, Look]) -> None:
    at = {(line["place"], runs.index(run_of(line))): line for line in lines}
    for where, look in looks.items():
        for stretch in stretches(runs):
            points = [(x, at[where, x]) for x in stretch if (where, x) in at]
            if points:
                draw_line(axis, points, look)
    for stretch in stretches(runs)[1:]:
        axis.axvline(stretch[0] - 0.5, color=common.GREY, linestyle=":", linewidth=1)
    # A tenth shall look like a tenth, not fill the panel.
    ends = [line[key] for line in lines for key in ("q1", "q3", "bits_per_floor_round")]
    axis.set_ylim(0.8 * min(ends), 1.2 * max(ends) or 1)
    axis.yaxis.set_major_formatter(common.plain)


def label_runs(axis: Axes, runs: list[Line], shown: bool) -> None:
    step = -(-len(runs) // LABELS)
    names = [label(run) if shown else "" for run in runs[::step]]
    axis.set_xticks(range(0, len(runs), step), names, rotation=60, ha="right",
                    rotation_mode="anchor", fontsize=common.small(0.8))
    axis.set_xlim(-0.5, len(runs) - 0.5)


def label(run: Line) -> str:
    return f"{run['commit'][:7]}{'+' if run['dirty'] else ''} {run['date'][:10]}"


def draw_line(axis: Axes, points: list[tuple[int, Line]], look: Look) -> None:
    places = [x for x, _ in points]
    q1, median, q3 = ([line[key] for _, line in points]
                      for key in ("q1", "bits_per_floor_round", "q3"))
    axis.vlines(places, q1, q3, color=look["color"], linewidth=1.2)
    axis.plot(places, median, color=look["color"], linestyle=look["linestyle"])
    for dirty in (False, True):
        mine = [i for i, (_, line) in enumerate(points) if line["dirty"] == dirty]
        axis.plot([places[i] for i in mine], [median[i] for i in mine], linestyle="",
                  marker=look["marker"], color=look["color"], markersize=5,
                  markerfacecolor="white" if dirty else look["color"])


def footer(lines: list[Line]) -> str:
    runs = runs_of(lines)
    machines = dict.fromkeys(run["machine"] for run in runs)
    return "\n".join([f"{len(runs)} runs from {runs[0]['date'][:10]} to {runs[-1]['date'][:10]}",
                      *machines])
