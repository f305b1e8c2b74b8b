"""The cliff: loss and goodput of `usleep` against its pause, every repetition a dot, beside the
goodput of `ack`, which waits for an answer instead."""
import statistics
from typing import Any

from minitalk.plots import common
from minitalk.plots.common import Axes, Figure, FigureOf, Look, Place
from minitalk.results.reading import measured, Row, Sample
from minitalk.results.units import figures

SIZE = 256  # bytes: short enough for a pause of milliseconds


def pause_of(row: Row) -> Any:
    return row["parameter"]


def draw(rows: list[Row]) -> Figure | None:
    rows = [r for r in common.split(rows)[0]
            if r["payload"] == "text" and r["size_bytes"] == SIZE and measured(r)]
    sweep = [r for r in rows if common.name(r) == "usleep" and pause_of(r) is not None]
    places = [p for p in common.SUITE_PLACES
              if len({pause_of(r) for r in sweep if common.place(r) == p}) > 1]
    if not places:
        return None
    drawing, axes = common.figure(columns=len(places), rows=2, height=6.4, sharex=True,
                                  sharey="row")
    references = reference_rates(rows, places)
    for column, where in enumerate(places):
        panel = sorted((r for r in sweep if common.place(r) == where), key=pause_of)
        for axis, figure_of in zip(axes[:, column], (lost_share, session_rate)):
            draw_dots(axis, panel, common.known_style("usleep"), figure_of)
        axes[0][column].set_title(common.place_name(where).replace(", ", ",\n")
                                  if common.narrow() else common.place_name(where))
        set_pauses(axes[1][column], sweep)
    axes[0][0].set(ylabel="bits lost, without\nresending (%)")
    axes[0][0].set_ylim(bottom=-1)
    axes[1][0].set(ylabel="goodput (kB/s), resent\nuntil right; 0 = refused")
    for column, where in enumerate(places):
        if where in references:
            draw_reference(axes[1][column], statistics.median(references[where]))
    common.title(drawing, claim(sweep, references, places))
    common.caption(drawing, f"{SIZE} bytes of text. Each mark is one of n = "
                            f"{common.counts(sweep)} repetitions with a fresh pair of processes; "
                            "the line joins the medians. A message that the session "
                            "refuses is not printed." + reference_note(references))
    return drawing


def set_pauses(axis: Axes, sweep: list[Row]) -> None:
    """Linear up to 1 us, so that "no pause at all" has its place on a logarithmic axis."""
    axis.set_xscale("symlog", linthresh=1, linscale=0.5)
    pauses = sorted({pause_of(r) for r in sweep})
    axis.set_xticks(pauses, [str(p) for p in pauses],
                    rotation=90 if common.narrow() else 0)
    axis.minorticks_off()
    axis.set_xlabel("pause after a bit (µs)")


def median_of(row: Row, figure_of: FigureOf) -> float:
    return statistics.median(figure_of(s) for s in measured(row))


def claim(sweep: list[Row], references: dict[Place, list[float]], places: list[Place]) -> str:
    """The most that is lost, and what the pauses that lost nothing deliver at the first place."""
    worst = max(sweep, key=lambda r: median_of(r, lost_share))
    lost = median_of(worst, lost_share)
    if lost == 0:
        return "usleep: the median repetition of every pause of this run lost no bit"
    said = (f"Without an answer, usleep loses up to {figures(lost)} % of the bits "
            f"({pause_of(worst)} µs pause)")
    safe = [r for r in sweep if common.place(r) == places[0]
            and all(lost_share(s) <= 0 for s in measured(r))]
    if not safe or places[0] not in references:
        return said
    best = max(median_of(r, session_rate) for r in safe)
    return (f"{said}; {common.place_name(places[0])}: pauses that lost none deliver at most "
            f"{figures(best)} kB/s, ack "
            f"{figures(statistics.median(references[places[0]]))}")


def lost_share(sample: Sample) -> float:
    return float(100 * (1 - sample["bits_received"] / sample["bits_sent"]))


def session_rate(sample: Sample) -> float:
    if not sample["session_delivered"]:
        return 0.0
    return float(SIZE / sample["session_seconds"] / 1000)


def draw_dots(axis: Axes, panel: list[Row], look: Look, figure_of: FigureOf) -> None:
    for row in panel:
        dots = [figure_of(s) for s in measured(row)]
        axis.plot([pause_of(row)] * len(dots), dots, linestyle="", marker=look["marker"],
                  color=look["color"], alpha=0.5, markersize=5)
    axis.plot([pause_of(r) for r in panel], [median_of(r, figure_of) for r in panel],
              linestyle=look["linestyle"], color=look["color"])


def reference_rates(rows: list[Row], places: list[Place]) -> dict[Place, list[float]]:
    """What `ack` delivered through the session at each place that it was measured at."""
    return {common.place(r): [session_rate(s) for s in measured(r)] for r in rows
            if r["protocol"] == "ack" and common.place(r) in places}


def draw_reference(axis: Axes, median: float) -> None:
    """A line, its name above its right end, where the pauses are long and slow."""
    look = common.known_style("ack")
    axis.axhline(median, color=look["color"], linestyle=look["linestyle"], linewidth=1)
    axis.annotate(f"ack: {figures(median)}", (0.99, median), (0, 2),
                  xycoords=axis.get_yaxis_transform(), textcoords="offset points", ha="right",
                  fontsize=common.small(), color=look["color"])


def reference_note(references: dict[Place, list[float]]) -> str:
    if not references:
        return ""
    numbers = " to ".join(map(str, sorted({len(rates) for rates in references.values()})))
    return (" The named line: `ack`, which waits for an answer to each bit instead of pausing; "
            f"median of n = {numbers}.")
