"""What the moment of a signal carries: `ppm` against the width of its slots, beside `lanes`.

Of the five bits of a round two are timing bits. They are wrong at times, so goodput says little:
what they carry is judged as information, which a perfect code would deliver, and through the
session, which is what a user gets."""
import operator
import math
import statistics
from typing import Any

from minitalk.plots import common
from minitalk.plots.common import Axes, End, Figure, FigureOf
from minitalk.results.reading import bits_per_floor_round, floor_ns, measured, Row, Sample

SIZE = 256  # bytes
PLACE = ("cross", "spin")  # the only place where the moment says anything
LINE_BITS = 3
TIMING_BITS = 2
TRAINING_ROUNDS = 36  # of each message, of known content, as protocols/ppm.cc has it
PPM, LANES = common.known_style("ppm"), common.known_style("lanes")


def draw(rows: list[Row]) -> Figure | None:
    rows = [r for r in common.split(rows)[0] if common.place(r) == PLACE and measured(r)
            and r["payload"] == "text" and r["size_bytes"] == SIZE]
    sweep = sorted((r for r in rows if common.name(r) == "ppm" and r["parameter"] is not None),
                   key=operator.itemgetter("parameter"))
    if len({r["parameter"] for r in sweep}) < 2:
        return None
    lanes = next((r for r in rows if r["protocol"] == "lanes"), None)
    drawing, axes = common.panels(2, height=5.6)
    draw_errors(axes[0], sweep)
    draw_rates(drawing, axes[1], sweep, lanes)
    for axis in axes:
        axis.set_xscale("log")
        slots = sorted({r["parameter"] for r in sweep})
        axis.set_xticks(slots, [f"{slot:,}" for slot in slots], rotation=60)
        axis.minorticks_off()
        axis.set_xlabel("width of a slot (nanoseconds)")
    common.title(drawing, claim(sweep, lanes))
    common.caption(drawing, f"{SIZE} bytes of text, {common.place_name(PLACE)}. Each dot is a "
                            f"repetition with a fresh pair of processes, n = "
                            f"{common.counts(sweep)} a slot; lines join the medians; the bars at "
                            f"the right edge span the slowest and the fastest of `lanes`. "
                            f"{NOTE}")
    return drawing


NOTE = ("Information of a data round: 3 + 2 (1 − h) bits, h the entropy of a timing bit's being "
        "wrong; dotted: the training rounds counted as data, as in a long message. Choosing the "
        "best slot afterwards flatters ppm. Where timing bits are guessed, ppm is lanes plus "
        "waiting: what it is above lanes there is noise of the machine.")


def draw_errors(axis: Axes, sweep: list[Row]) -> None:
    shares = [[wrong_share(s) for s in measured(r)] for r in sweep]
    pooled = [r["bit_errors"] * (LINE_BITS + TIMING_BITS) / TIMING_BITS for r in sweep]
    above_zero = [share for dots in [*shares, pooled] for share in dots if share > 0]
    zeros = len(above_zero) < len(pooled) + sum(map(len, shares))
    bottom = 10 ** (math.floor(math.log10(min(above_zero, default=0.1))) - zeros)
    for row, dots in zip(sweep, shares):
        draw_dots(axis, row, [max(share, bottom) for share in dots])
    axis.plot([r["parameter"] for r in sweep], [max(share, bottom) for share in pooled],
              color=PPM["color"], label="ppm, all repetitions together")
    axis.axhline(0.5, color="black", linewidth=1, linestyle="--", label="guessed")
    axis.set(yscale="log", ylim=(bottom, 1), title="Timing bits that are wrong",
             ylabel="share of wrong timing bits")
    axis.yaxis.set_major_formatter(
        lambda share, _position: "0" if zeros and share <= bottom else common.plain(share))
    axis.legend(loc="lower left")


def draw_rates(drawing: Figure, axis: Axes, sweep: list[Row], lanes: Row | None) -> None:
    ends = [draw_curve(axis, sweep, information, "ppm as\ninformation"),
            draw_curve(axis, sweep, through_session, "ppm,\nsession", hollow=True)]
    axis.plot([r["parameter"] for r in sweep], [median(r, channel_information) for r in sweep],
              color=PPM["color"], linewidth=1, linestyle=":")
    if lanes is not None:
        last = sweep[-1]["parameter"]
        ends += [draw_reference(axis, last, lanes, bare, "-", 1.01, "lanes, bare"),
                 draw_reference(axis, last, lanes, through_session, "--", 1.025,
                                "lanes,\nsession")]
    axis.set_ylim(bottom=-0.05)
    axis.set(title="What a floor round carries",
             ylabel="bits per floor round; session: 0 = refused")
    common.label_ends(drawing, axis, ends, lines=2)


def draw_dots(axis: Axes, row: Row, dots: list[float], hollow: bool = False) -> None:
    axis.plot([row["parameter"]] * len(dots), dots, linestyle="", marker=PPM["marker"],
              color=PPM["color"], alpha=0.5, markersize=5,
              markerfacecolor="none" if hollow else PPM["color"])


def draw_curve(axis: Axes, sweep: list[Row], figure_of: FigureOf, label: str,
               hollow: bool = False) -> End:
    """What label_ends wants of it."""
    for row in sweep:
        draw_dots(axis, row, [figure_of(s) for s in measured(row)], hollow)
    medians = [median(r, figure_of) for r in sweep]
    axis.plot([r["parameter"] for r in sweep], medians, color=PPM["color"],
              linestyle="--" if hollow else "-")
    return sweep[-1]["parameter"], medians[-1], label, PPM["color"]


def draw_reference(axis: Axes, sweep_end: float, row: Row, figure_of: FigureOf, dashes: Any,
                   edge: float, label: str) -> End:
    values = [figure_of(s) for s in measured(row)]
    middle = statistics.median(values)
    axis.axhline(middle, color=LANES["color"], linestyle=dashes)
    axis.plot([edge] * 2, [min(values), max(values)], transform=axis.get_yaxis_transform(),
              color=LANES["color"], linewidth=3, alpha=0.6, solid_capstyle="butt", clip_on=False)
    return sweep_end, middle, label, LANES["color"]


def median(row: Row, figure_of: FigureOf) -> float:
    return float(statistics.median(figure_of(s) for s in measured(row)))


def wrong_share(sample: Sample) -> float:
    """Of the timing bits: the bits of the lines come without error."""
    if not sample["bits_received"]:
        return 0.0
    share = sample["bits_wrong"] / sample["bits_received"]
    return float(share * (LINE_BITS + TIMING_BITS) / TIMING_BITS)


def entropy(share: float) -> float:
    if not 0 < share < 1:
        return 0.0
    return -share * math.log2(share) - (1 - share) * math.log2(1 - share)


def bits_of_round(sample: Sample) -> float:
    return LINE_BITS + TIMING_BITS * (1 - entropy(min(wrong_share(sample), 0.5)))


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


def claim(sweep: list[Row], lanes: Row | None) -> str:
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
    if min(ours) > max(theirs):
        word = f"all {len(ours)} runs above all {len(theirs)}"
    elif max(ours) < min(theirs):
        word = f"all {len(ours)} runs below all {len(theirs)}"
    else:
        word = f"undecided: {len(ours)} and {len(theirs)} runs overlap"
    return (f"ppm's best slot ({best['parameter']:,} ns) has {statistics.median(ours):.2f} bits a "
            f"round, lanes {statistics.median(theirs):.2f} ({word})")
