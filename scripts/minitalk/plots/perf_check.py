"""Forest plot of a comparison: where each interval lies, and the band without a verdict."""
import math
from typing import Any

from minitalk.plots import common
from minitalk.plots.common import Axes, Figure
from minitalk.results.reading import Document

Judged = dict[str, Any]  # a case, or a metric of it

LOOKS = {"time_per_byte": ("time per byte", 0, "o"), "latency_p50": ("latency p50", 1, "s")}
SHIFT = 0.17  # of a row: the two figures of a case lie next to each other


def draw(document: Document) -> Figure | None:
    """The picture of results/perf-check.json; None where no case has an interval."""
    cases = [case for case in document["cases"] if any(map(interval, figures(case)))]
    if not cases:
        return None
    drawing, axis = common.single(height=2.2 + 0.5 * len(cases))
    delta = document["parameters"]["delta"]
    axis.axvspan(percent(-math.log1p(delta)), 100 * delta, color="#EEEEEE", zorder=0)
    axis.axvline(0, color="black", linewidth=0.8)
    reach = reach_of(cases, delta)
    for row, case in enumerate(cases):
        for metric in figures(case):
            if interval(metric):
                draw_interval(axis, row, metric, reach)
    axis.set_xlim(-reach, reach)
    axis.set_yticks(range(len(cases)), [f"{case['name']}\n{case['verdict']}"
                                        + ("" if case["gated"] else ", advisory")
                                        for case in cases])
    axis.set_ylim(len(cases) - 0.5, -0.5)
    axis.set_xlabel("head against base (percent; right is slower)")
    for name, index, marker in LOOKS.values():
        axis.plot([], [], color=common.COLOURS[index], marker=marker, label=name)
    axis.plot([], [], color=common.GREY, linewidth=6, alpha=0.3, label="base against base")
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    common.title(drawing, f"perf-check: {document['verdict']}. {document['head']['label']} "
                          f"against {document['base']['label']}")
    many = common.range_text(metric["pairs"] for case in cases for metric in figures(case)
                             if interval(metric))
    common.caption(drawing, "Dot: Hodges-Lehmann estimate; line: 99 % interval of Walsh averages, "
                            f"n = {many} pairs; grey: as wide as base against base.\n"
                            "Shaded: ±delta. Wholly right of it: regressed; reaching into the "
                            "right: inconclusive. Arrows: farther than shown.")
    return drawing


def footer(document: Document) -> str:
    return common.footer({**document["machine"], **document["head"], "date": document["date"],
                          "seed": document["seed"]})


def figures(case: Judged) -> list[Judged]:
    run = case["second"] or case["first"]
    return [metric for metric in run["metrics"] if metric["metric"] in LOOKS]


def interval(metric: dict[str, Any]) -> bool:
    return metric["low"] is not None


def percent(log_ratio: float) -> float:
    return 100 * math.expm1(log_ratio)


def reach_of(cases: list[Judged], delta: float) -> float:
    """How many percent the axis shows. Six deltas do: what lies farther is an arrow, or else one
    noisy case would make points of all others."""
    ends = [abs(percent(metric[end])) for case in cases for metric in figures(case)
            if interval(metric) for end in ("low", "high")]
    return min(600 * delta, max(200 * delta, *ends) * 1.05)


def draw_interval(axis: Axes, row: int, metric: dict[str, Any], reach: float) -> None:
    _, index, marker = LOOKS[metric["metric"]]
    height = row + (-SHIFT if index == 0 else SHIFT)
    if metric["control_half_width"] is not None:
        width = metric["control_half_width"]
        axis.plot([percent(-width), percent(width)], [height, height], color=common.GREY,
                  linewidth=6, alpha=0.3, solid_capstyle="butt")
    axis.plot([percent(metric["low"]), percent(metric["high"])], [height, height],
              color=common.COLOURS[index], linewidth=1.8)
    axis.plot([percent(metric["estimate"])], [height], marker=marker, markersize=5,
              color=common.COLOURS[index])
    for end, outside, arrow in ((-reach, percent(metric["low"]) < -reach, "<"),
                                (reach, percent(metric["high"]) > reach, ">")):
        if outside:
            axis.plot([end], [height], marker=arrow, color=common.COLOURS[index], clip_on=False)
