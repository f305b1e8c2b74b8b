"""Goodput against message size: one line a protocol, carriers in grey, one panel a place."""
import math
import operator
from typing import Any

from minitalk.plots import common
from minitalk.plots.common import Axes, End, Figure, Look
from minitalk.results.reading import measured, rate_text, Row

FLOOR = 1  # bytes per second; a rate of zero has no place on a logarithmic axis
PIPE = "pipe"  # the carrier that everybody knows


def draw(rows: list[Row]) -> Figure | None:
    styles = common.styles(rows)
    rows = [r for r in rows if r["payload"] == "text" and common.default(r)]
    protocols, carriers = common.split(rows)
    others = common.third_parties(rows)
    protocols += others
    places = [p for p in common.SUITE_PLACES if any(common.place(r) == p for r in protocols)]
    if not places:
        return None
    drawing, axes = common.panels(len(places), height=6.2, sharey=True)
    axes[0].set(yscale="log", ylim=limits(protocols + carriers))
    for axis, where in zip(axes, places):
        ours, grey = ([r for r in group if common.place(r) == where]
                      for group in (protocols, carriers))
        draw_panel(drawing, axis, ours, grey, styles)
        axis.set_title(common.place_name(where))
    axes[0].set_ylabel("goodput")
    common.set_decades(
        axes[0].yaxis, subs=(1,), formatter=lambda rate, _position:
        "≤ 1 B/s" if rate <= FLOOR else common.human_rate(rate))
    shown = [r for r in protocols + carriers if common.place(r) in places]
    common.title(drawing, claim(shown))
    common.caption(drawing, "Bare protocols, text. Each point is the median of "
                            f"n = {common.counts(shown)} repetitions, each a fresh pair of "
                            "processes; a band spans the slowest and the fastest. Of a damaged "
                            "message only the bytes before its first wrong one count; 0 is drawn "
                            "at the lower edge."
                            + (" Grey: other carriers, medians without a band." if carriers else "")
                            + (f"\nHollow, dotted: {common.OTHERS}." if others else ""))
    return drawing


def claim(rows: list[Row]) -> str:
    """The best of each sort of protocol among the points drawn, so that it is true of any file."""
    sorts = [("signals that carry a payload", {"payload"}),
             ("bare signals", {"signal-number", "pending-set"}),
             ("other people's programs", {"external"})]
    best = [(subject, fastest(rows, kinds)) for subject, kinds in sorts]
    texts = [f"{subject} move at most {rate_text(rate)}" for subject, rate in best
             if rate is not None]
    texts[1:] = [part.replace(" move", "", 1) for part in texts[1:]]
    text = ", ".join(texts) + reference(rows)
    return text[0].upper() + text[1:]


def fastest(rows: list[Row], kinds: set[str]) -> Any:
    return max((r["bytes_per_second"] for r in rows if r["kind"] in kinds), default=None)


def reference(rows: list[Row]) -> str:
    """What a pipe moves if there is one, else the best carrier."""
    carriers = [r for r in rows if r["kind"] == "carrier"]
    mine = [r for r in carriers if r["protocol"] == PIPE] or carriers
    if not mine:
        return ""
    subject = "a pipe" if mine is not carriers else "the best other carrier"
    return f"; {subject} {rate_text(fastest(mine, {'carrier'}))}"


def limits(rows: list[Row]) -> tuple[float, float]:
    """From the decade of the slowest repetition, or 1 byte per second where one is zero."""
    rates = [max(part["bytes_per_second"], FLOOR)
             for r in rows for part in [r, *measured(r)]]
    return 10 ** math.floor(math.log10(min(rates, default=FLOOR))), 3 * max(rates, default=FLOOR)


def draw_panel(drawing: Figure, axis: Axes, protocols: list[Row], carriers: list[Row],
               styles: dict[str, Look]) -> None:
    lines = [line_of(protocols, protocol) for protocol in common.names(protocols)]
    for line in lines:
        draw_line(axis, line, styles[line[0]["protocol"]])
    sizes = sorted({r["size_bytes"] for r in protocols + carriers})
    axis.set(xlabel="message size (bytes)", xscale="log", xlim=(sizes[0] / 1.3, 1.3 * sizes[-1]))
    axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axis.minorticks_off()
    others = [line_of(carriers, carrier) for carrier in common.names(carriers)]
    for line in others:
        axis.plot([r["size_bytes"] for r in line], [r["bytes_per_second"] for r in line],
                  color=common.GREY, linewidth=0.7, zorder=1.5)
    common.label_ends(drawing, axis, [end(line, styles) for line in lines + others])


def end(line: list[Row], styles: dict[str, Look]) -> End:
    last, look = line[-1], styles.get(line[-1]["protocol"], {"color": common.GREY})
    return (last["size_bytes"], max(last["bytes_per_second"], FLOOR), last["protocol"],
            look["color"])


def line_of(rows: list[Row], protocol: str) -> list[Row]:
    return sorted((r for r in rows if r["protocol"] == protocol),
                  key=operator.itemgetter("size_bytes"))


def draw_line(axis: Axes, line: list[Row], look: Look) -> None:
    sizes = [r["size_bytes"] for r in line]
    rates = [[s["bytes_per_second"] for s in measured(r)] or [0] for r in line]
    axis.plot(sizes, [max(r["bytes_per_second"], FLOOR) for r in line], markersize=5,
              label=line[0]["protocol"], linewidth=1.2, clip_on=False, zorder=3,
              **{"markeredgecolor": look["color"], **look})
    axis.fill_between(sizes, [max(min(r), FLOOR) for r in rates],
                      [max(max(r), FLOOR) for r in rates],
                      color=look["color"], alpha=0.1, linewidth=0)
