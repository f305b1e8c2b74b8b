"""What changes with time: the machine's own speed over a run, which is the floor of every
repetition in their order; and goodput from run to run, in units of each run's own floor."""
import statistics
from typing import Any

from minitalk.plots import common
from minitalk.plots.common import Axes, Figure, Look, Place
from minitalk.results.reading import floor_ns, measured, Row, three_figures

Floors = dict[Place, list[tuple[int, float]]]  # position in the run, floor in microseconds
Line = dict[str, Any]  # of results/history.jsonl, with the parts of its row's name

COLUMNS = 3
LABELS = 20  # so many commits can be read below a panel


def draw_run(rows: list[Row]) -> Figure | None:
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
    claims = []
    for axis, where in zip(axes.flat, places):
        values = [floor for _, floor in floors[where]]
        median, name = statistics.median(values), common.place_name(where)
        axis.axhline(median, color="#333333", linewidth=1)
        axis.plot(*zip(*sorted(floors[where])), linestyle="", marker="o", color="#333333",
                  alpha=0.5, markersize=3, markeredgewidth=0)
        axis.set(yscale="log", title=f"{name}: median {median:.2f} µs, n = {len(values)}")
        common.set_decades(axis.yaxis)
        claims.append(f"{three_figures(min(values))} to {three_figures(max(values))} µs ({name})")
    axes.flat[-1].set_xlabel("position of the repetition in the whole run")
    drawing.supylabel("floor: raw round trip (microseconds)", fontsize=common.small(1))
    common.title(drawing, f"In this run a raw round trip took {'; '.join(claims)}")
    common.caption(drawing, "Each dot is one of n repetitions of any row: the mean of the raw "
                            "ping-pong before and after it; the line is the median of its place.\n"
                            "Rows are interleaved at random, so a drift or a step favours no row; "
                            "it widens them all.")
    return drawing


def draw_history(lines: list[Line], condition: str) -> Figure:
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
    common.caption(drawing, history_caption(lines, runs))
    return drawing


def history_caption(lines: list[Line], runs: list[Line]) -> str:
    text = (f"Medians of n = {common.range_text(line['n'] for line in lines)} repetitions, bars "
            "from quartile to quartile, in raw ping-pongs of the same run.\nRuns in the order of "
            "their measuring; each panel has its own scale, which does not begin at 0.")
    if any(run["dirty"] for run in runs):
        text += "\nHollow, and + at the commit: a tree with changes."
    if len({run["machine"] for run in runs}) > 1:
        text += "\nThe lines break where the machine changes."
    return text


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
    names = [f"{run['commit'][:7]}{'+' if run['dirty'] else ''} {run['date'][:10]}" if shown
             else "" for run in runs[::step]]
    axis.set_xticks(range(0, len(runs), step), names, rotation=60, ha="right",
                    rotation_mode="anchor", fontsize=common.small(0.8))
    axis.set_xlim(-0.5, len(runs) - 0.5)


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


def history_footer(lines: list[Line]) -> str:
    runs = runs_of(lines)
    machines = dict.fromkeys(run["machine"] for run in runs)
    return "\n".join([f"{len(runs)} runs from {runs[0]['date'][:10]} to {runs[-1]['date'][:10]}",
                      *machines])
