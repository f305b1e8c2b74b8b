"""Forest plot of a comparison: where each interval lies, and the band in which nothing is said."""
import math

from . import common

LOOKS = {"time_per_byte": ("time per byte", 0, "o"), "latency_p50": ("latency p50", 1, "s")}
SHIFT = 0.17  # of a row: the two figures of a case lie next to each other


def draw(document):
    """The picture of results/perf-check.json; None where no case has an interval."""
    cases = [case for case in document["cases"] if any(map(interval, figures(case)))]
    if not cases:
        return None
    drawing, axes = common.figure(width=10, height=2.2 + 0.5 * len(cases))
    axis = axes[0][0]
    shade(axis, document["parameters"]["delta"])
    for row, case in enumerate(cases):
        for told in figures(case):
            if interval(told):
                draw_interval(axis, row, told)
    axis.set_yticks(range(len(cases)), [label(case) for case in cases])
    axis.set_ylim(len(cases) - 0.5, -0.5)
    axis.set_xlabel("head against base (percent; right is slower)")
    add_legend(axis)
    drawing.suptitle(f"perf-check: {document['verdict']}. {document['head']['label']} against "
                     f"{document['base']['label']}")
    pairs = sorted({told["pairs"] for case in cases for told in figures(case) if interval(told)})
    many = f"{pairs[0]}" if len(pairs) == 1 else f"{pairs[0]} to {pairs[-1]}"
    common.caption(drawing, "Dot: Hodges-Lehmann estimate; line: 99 % interval of Walsh averages, "
                            f"n = {many} pairs; grey: as wide as base against base.\n"
                            "Shaded: ±delta. Wholly right of it: regressed; reaching into the "
                            "right: inconclusive.")
    return drawing


def context(document):
    """What the footer tells."""
    return {**document["machine"], **document["head"], "date": document["date"],
            "seed": document["seed"]}


def run_of(case):
    return case["second"] or case["first"]


def figures(case):
    return [told for told in run_of(case)["metrics"] if told["metric"] in LOOKS]


def interval(told):
    return told["low"] is not None


def label(case):
    verdict = case["verdict"] if case["gated"] else f"{case['verdict']}, advisory"
    return f"{case['name']}\n{verdict}"


def percent(log_ratio):
    return 100 * math.expm1(log_ratio)


def shade(axis, delta):
    axis.axvspan(percent(-math.log1p(delta)), 100 * delta, color="#EEEEEE", zorder=0)
    axis.axvline(0, color="black", linewidth=0.8)


def draw_interval(axis, row, told):
    _, index, marker = LOOKS[told["metric"]]
    height = row + (-SHIFT if index == 0 else SHIFT)
    if told["control_half_width"] is not None:
        width = told["control_half_width"]
        axis.plot([percent(-width), percent(width)], [height, height], color=common.GREY,
                  linewidth=6, alpha=0.3, solid_capstyle="butt")
    axis.plot([percent(told["low"]), percent(told["high"])], [height, height],
              color=common.COLOURS[index], linewidth=1.8)
    axis.plot([percent(told["estimate"])], [height], marker=marker, markersize=5,
              color=common.COLOURS[index])


def add_legend(axis):
    for name, index, marker in LOOKS.values():
        axis.plot([], [], color=common.COLOURS[index], marker=marker, label=name)
    axis.plot([], [], color=common.GREY, linewidth=6, alpha=0.3, label="base against base")
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
