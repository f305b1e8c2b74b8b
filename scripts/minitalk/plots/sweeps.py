"""Pictures of a sweep over a protocol's parameter. The cliff: loss and goodput of `usleep` against
its pause, beside `ack`, which waits for an answer instead. And what the moment of a signal carries:
`ppm` against the width of its slots, beside `lanes`.

Of the five bits of a round of `ppm` two are timing bits. They are wrong at times, so goodput says
little: what they carry is judged as information, which a perfect code would deliver, and through
the session, which is what a user gets."""
import math
import operator
import statistics
from typing import Any

from minitalk.plots import common
from minitalk.plots.common import Axes, End, Figure, FigureOf, Look, Place
from minitalk.results.reading import (bits_per_floor_round, floor_ns, measured, Row, Sample,
                                      three_figures)

SIZE = 256  # bytes: short enough for a pause of milliseconds
SLOT_PLACE = ("cross", "spin")  # the only place where the moment says anything
LINE_BITS = 3
TIMING_BITS = 2
TRAINING_ROUNDS = 36  # of each message, of known content, as protocols/ppm.cc has it
ACK, LANES, PPM, USLEEP = map(common.known_style, ("ack", "lanes", "ppm", "usleep"))
NOTE = ("Information of a data round: 3 + 2 (1 − h) bits, h the entropy of a timing bit's being "
        "wrong; dotted: the training rounds counted as data, as in a long message. Choosing the "
        "best slot afterwards flatters ppm. Where timing bits are guessed, ppm is lanes plus "
        "waiting: what it is above lanes there is noise of the machine.")

parameter_of: Any = operator.itemgetter("parameter")


def protocol_rows(rows: list[Row]) -> list[Row]:
    return [r for r in common.split(rows)[0]
            if r["payload"] == "text" and r["size_bytes"] == SIZE and measured(r)]


def sweep_of(rows: list[Row], name: str) -> list[Row]:
    return sorted((r for r in rows if common.name(r) == name and r["parameter"] is not None),
                  key=parameter_of)


def median(row: Row, figure_of: FigureOf) -> float:
    return float(statistics.median(map(figure_of, measured(row))))


def draw_dots(axis: Axes, row: Row, dots: list[float], look: Look, hollow: bool = False) -> None:
    axis.plot([row["parameter"]] * len(dots), dots, linestyle="", marker=look["marker"],
              color=look["color"], alpha=0.5, markersize=5,
              markerfacecolor="none" if hollow else look["color"])


def draw_curve(axis: Axes, sweep: list[Row], figure_of: FigureOf, look: Look, dashes: Any,
               hollow: bool = False) -> float:
    """Every repetition, and a line that joins the medians; returns the last of them."""
    for row in sweep:
        draw_dots(axis, row, list(map(figure_of, measured(row))), look, hollow)
    medians = [median(r, figure_of) for r in sweep]
    axis.plot(list(map(parameter_of, sweep)), medians, color=look["color"], linestyle=dashes)
    return medians[-1]


def draw_pauses(rows: list[Row]) -> Figure | None:
    rows = protocol_rows(rows)
    sweep = sweep_of(rows, "usleep")
    places = [p for p in common.SUITE_PLACES
              if len({parameter_of(r) for r in sweep if common.place(r) == p}) > 1]
    if not places:
        return None
    drawing, axes = common.figure(columns=len(places), rows=2, height=6.4, sharex=True,
                                  sharey="row")
    references = reference_rates(rows, places)
    for column, where in enumerate(places):
        panel = [r for r in sweep if common.place(r) == where]
        for axis, figure_of in zip(axes[:, column], (lost_share, session_rate)):
            draw_curve(axis, panel, figure_of, USLEEP, USLEEP["linestyle"])
        axes[0][column].set_title(common.place_name(where).replace(", ", ",\n")
                                  if common.narrow() else common.place_name(where))
        set_pauses(axes[1][column], sweep)
    axes[0][0].set(ylabel="bits lost, without\nresending (%)")
    axes[0][0].set_ylim(bottom=-1)
    axes[1][0].set(ylabel="goodput (kB/s), resent\nuntil right; 0 = refused")
    for column, where in enumerate(places):
        if where in references:
            draw_ack(axes[1][column], statistics.median(references[where]))
    common.title(drawing, claim_of_pauses(sweep, references, places))
    counts = common.range_text(map(len, references.values()))
    common.caption(drawing, f"{SIZE} bytes of text. Each mark is one of n = "
                            f"{common.counts(sweep)} repetitions with a fresh pair of processes; "
                            "the line joins the medians. A message that the session "
                            "refuses is not printed." + (
                                " The named line: `ack`, which waits for an answer to each bit "
                                f"instead of pausing; median of n = {counts}." if counts else ""))
    return drawing


def set_pauses(axis: Axes, sweep: list[Row]) -> None:
    """Linear up to 1 us, so that "no pause at all" has its place on a logarithmic axis."""
    axis.set_xscale("symlog", linthresh=1, linscale=0.5)
    pauses = sorted(set(map(parameter_of, sweep)))
    axis.set_xticks(pauses, list(map(str, pauses)), rotation=90 if common.narrow() else 0)
    axis.minorticks_off()
    axis.set_xlabel("pause after a bit (µs)")


def claim_of_pauses(sweep: list[Row], references: dict[Place, list[float]],
                    places: list[Place]) -> str:
    """The most that is lost, and what the pauses that lost nothing deliver at the first place."""
    worst = max(sweep, key=lambda r: median(r, lost_share))
    lost = median(worst, lost_share)
    if lost == 0:
        return "usleep: the median repetition of every pause of this run lost no bit"
    text = (f"Without an answer, usleep loses up to {three_figures(lost)} % of the bits "
            f"({parameter_of(worst)} µs pause)")
    safe = [r for r in sweep if common.place(r) == places[0]
            and all(lost_share(s) <= 0 for s in measured(r))]
    if not safe or places[0] not in references:
        return text
    best = max(median(r, session_rate) for r in safe)
    return (f"{text}; {common.place_name(places[0])}: pauses that lost none deliver at most "
            f"{three_figures(best)} kB/s, ack "
            f"{three_figures(statistics.median(references[places[0]]))}")


def lost_share(sample: Sample) -> float:
    return float(100 * (1 - sample["bits_received"] / sample["bits_sent"]))


def session_rate(sample: Sample) -> float:
    """In kB/s; 0: the session gave up."""
    return float(SIZE / sample["session_seconds"] / 1000) if sample["session_delivered"] else 0.0


def reference_rates(rows: list[Row], places: list[Place]) -> dict[Place, list[float]]:
    """What `ack` delivered through the session at each place that it was measured at."""
    return {common.place(r): list(map(session_rate, measured(r))) for r in rows
            if r["protocol"] == "ack" and common.place(r) in places}


def draw_ack(axis: Axes, rate: float) -> None:
    """A line, its name above its right end, where the pauses are long and slow."""
    axis.axhline(rate, color=ACK["color"], linestyle=ACK["linestyle"], linewidth=1)
    axis.annotate(f"ack: {three_figures(rate)}", (0.99, rate), (0, 2),
                  xycoords=axis.get_yaxis_transform(), textcoords="offset points", ha="right",
                  fontsize=common.small(), color=ACK["color"])


def draw_slots(rows: list[Row]) -> Figure | None:
    rows = [r for r in protocol_rows(rows) if common.place(r) == SLOT_PLACE]
    sweep = sweep_of(rows, "ppm")
    slots = sorted(set(map(parameter_of, sweep)))
    if len(slots) < 2:
        return None
    lanes = next((r for r in rows if r["protocol"] == "lanes"), None)
    drawing, axes = common.panels(2, height=5.6)
    draw_errors(axes[0], sweep)
    draw_rates(drawing, axes[1], sweep, lanes)
    for axis in axes:
        axis.set_xscale("log")
        axis.set_xticks(slots, [f"{slot:,}" for slot in slots], rotation=60)
        axis.minorticks_off()
        axis.set_xlabel("width of a slot (nanoseconds)")
    common.title(drawing, claim_of_slots(sweep, lanes))
    common.caption(drawing, f"{SIZE} bytes of text, {common.place_name(SLOT_PLACE)}. Each dot is a "
                            f"repetition with a fresh pair of processes, n = "
                            f"{common.counts(sweep)} a slot; lines join the medians; the bars at "
                            f"the right edge span the slowest and the fastest of `lanes`. "
                            f"{NOTE}")
    return drawing


def draw_errors(axis: Axes, sweep: list[Row]) -> None:
    shares = [[wrong_share(s) for s in measured(r)] for r in sweep]
    pooled = [r["bit_errors"] * (LINE_BITS + TIMING_BITS) / TIMING_BITS for r in sweep]
    above_zero = [share for dots in [*shares, pooled] for share in dots if share > 0]
    zeros = len(above_zero) < len(pooled) + sum(map(len, shares))
    bottom = 10 ** (math.floor(math.log10(min(above_zero, default=0.1))) - zeros)
    for row, dots in zip(sweep, shares):
        draw_dots(axis, row, [max(share, bottom) for share in dots], PPM)
    axis.plot(list(map(parameter_of, sweep)), [max(share, bottom) for share in pooled],
              color=PPM["color"], label="ppm, all repetitions together")
    axis.axhline(0.5, color="black", linewidth=1, linestyle="--", label="guessed")
    axis.set(yscale="log", ylim=(bottom, 1), title="Timing bits that are wrong",
             ylabel="share of wrong timing bits")
    axis.yaxis.set_major_formatter(
        lambda share, _position: "0" if zeros and share <= bottom else common.plain(share))
    axis.legend(loc="lower left")


def draw_rates(drawing: Figure, axis: Axes, sweep: list[Row], lanes: Row | None) -> None:
    last = parameter_of(sweep[-1])
    ends: list[End] = [
        (last, draw_curve(axis, sweep, figure_of, PPM, dashes, hollow), text, PPM["color"])
        for figure_of, dashes, hollow, text in (
            (information, "-", False, "ppm as\ninformation"),
            (through_session, "--", True, "ppm,\nsession"))]
    axis.plot(list(map(parameter_of, sweep)), [median(r, channel_information) for r in sweep],
              color=PPM["color"], linewidth=1, linestyle=":")
    for figure_of, dashes, edge, text in (
            (bare, "-", 1.01, "lanes, bare"), (through_session, "--", 1.025, "lanes,\nsession")):
        if lanes is None:
            break
        values = list(map(figure_of, measured(lanes)))
        middle = statistics.median(values)
        axis.axhline(middle, color=LANES["color"], linestyle=dashes)
        axis.plot([edge] * 2, [min(values), max(values)], transform=axis.get_yaxis_transform(),
                  color=LANES["color"], linewidth=3, alpha=0.6, solid_capstyle="butt",
                  clip_on=False)
        ends.append((last, middle, text, LANES["color"]))
    axis.set_ylim(bottom=-0.05)
    axis.set(title="What a floor round carries",
             ylabel="bits per floor round; session: 0 = refused")
    common.label_ends(drawing, axis, ends, lines=2)


def wrong_share(sample: Sample) -> float:
    """Of the timing bits: the bits of the lines come without error."""
    if not sample["bits_received"]:
        return 0.0
    share = sample["bits_wrong"] / sample["bits_received"]
    return float(share * (LINE_BITS + TIMING_BITS) / TIMING_BITS)


def bits_of_round(sample: Sample) -> float:
    share = min(wrong_share(sample), 0.5)
    entropy = 0.0 if share == 0 else \
        -share * math.log2(share) - (1 - share) * math.log2(1 - share)
    return LINE_BITS + TIMING_BITS * (1 - entropy)


def channel_information(sample: Sample) -> float:
    """As if every round carried data. Each round is answered by one signal."""
    rounds = sample["signals_to_sender"] / sample["elapsed_ns"]
    return float(bits_of_round(sample) * rounds * floor_ns(sample))


def information(sample: Sample) -> float:
    """What a message of this size carries: its training takes time and says nothing."""
    training = TRAINING_ROUNDS * sample["messages"]
    data_share = max(1 - training / max(sample["signals_to_sender"], 1), 0)
    return float(channel_information(sample) * data_share)


def bare(sample: Sample) -> float:
    return bits_per_floor_round({}, sample)


def through_session(sample: Sample) -> float:
    if not sample["session_delivered"]:
        return 0.0
    return float(SIZE * 8 * floor_ns(sample) / (sample["session_seconds"] * 1e9))


def claim_of_slots(sweep: list[Row], lanes: Row | None) -> str:
    """Whether the moment of a signal pays, by two measures."""
    if lanes is None:
        best = max(sweep, key=lambda r: median(r, information))
        return (f"ppm carries at best {median(best, information):.2f} bits of information a floor "
                f"round, with slots of {best['parameter']:,} ns")
    return (f"As information {compare(sweep, lanes, information, bare)}; through the session "
            f"{compare(sweep, lanes, through_session, through_session)}")


def compare(sweep: list[Row], lanes: Row, of_ppm: FigureOf, of_lanes: FigureOf) -> str:
    best = max(sweep, key=lambda r: median(r, of_ppm))
    ours, theirs = ([figure_of(s) for s in measured(row)]
                    for row, figure_of in ((best, of_ppm), (lanes, of_lanes)))
    word = f"undecided: {len(ours)} and {len(theirs)} runs overlap"
    if min(ours) > max(theirs) or max(ours) < min(theirs):
        side = "above" if min(ours) > max(theirs) else "below"
        word = f"all {len(ours)} runs {side} all {len(theirs)}"
    return (f"ppm's best slot ({best['parameter']:,} ns) has {statistics.median(ours):.2f} bits a "
            f"round, lanes {statistics.median(theirs):.2f} ({word})")
