"""What the moment of a signal carries: `ppm` against the width of its slots, beside `lanes`.

Of the five bits of a round two are timing bits. They are wrong at times, so goodput says little:
what they carry is judged as information, which a perfect code would deliver, and through the
session, which is what a user gets."""
import math
import statistics

from . import common

SIZE = 256  # bytes
PLACE = ("cross", "spin")  # the only place where the moment says anything
LINE_BITS = 3
TIMING_BITS = 2
TRAINING_ROUNDS = 36  # of each message, of known content, as protocols/ppm.cc has it
INFORMATION, SESSION = common.COLOURS[0], common.COLOURS[1]


def draw(rows):
    rows = [r for r in common.split(rows)[0] if common.place(r) == PLACE and common.measured(r)
            and r["payload"] == "text" and r["size_bytes"] == SIZE]
    sweep = sorted((r for r in rows if common.name(r) == "ppm" and r["parameter"] is not None),
                   key=lambda r: r["parameter"])
    if len({r["parameter"] for r in sweep}) < 2:
        return None
    lanes = next((r for r in rows if r["protocol"] == "lanes"), None)
    drawing, axes = common.figure(columns=2, width=12.5, height=5.4)
    draw_errors(axes[0][0], sweep)
    draw_rates(axes[0][1], sweep, lanes)
    for axis in axes[0]:
        axis.set_xscale("log")
        slots = sorted({r["parameter"] for r in sweep})
        axis.set_xticks(slots, [str(slot) for slot in slots], rotation=45)
        axis.minorticks_off()
        axis.set_xlabel("width of a slot (nanoseconds)")
    drawing.suptitle(f"ppm: does the moment of a signal pay? ({SIZE} bytes of text, "
                     f"{common.place_name(PLACE)})")
    common.caption(drawing, f"Each dot is a repetition with a fresh pair of processes, n = "
                            f"{common.counts(sweep)} a slot; lines join the medians; the bars at "
                            f"the right edge span the slowest and the fastest of `lanes`.\n"
                            f"{verdict(sweep, lanes)}")
    return drawing


def draw_errors(axis, sweep):
    shares = [[wrong_share(s) for s in common.measured(r)] for r in sweep]
    pooled = [r["bit_errors"] * (LINE_BITS + TIMING_BITS) / TIMING_BITS for r in sweep]
    above_zero = [share for dots in [*shares, pooled] for share in dots if share > 0]
    zeros = len(above_zero) < len(pooled) + sum(map(len, shares))
    bottom = 10 ** (math.floor(math.log10(min(above_zero, default=0.1))) - zeros)
    for row, dots in zip(sweep, shares):
        draw_dots(axis, row, [max(share, bottom) for share in dots], INFORMATION)
    axis.plot([r["parameter"] for r in sweep], [max(share, bottom) for share in pooled],
              color=INFORMATION, label="all repetitions together")
    axis.axhline(0.5, color="black", linewidth=1, linestyle="--", label="guessed")
    axis.set(yscale="log", ylim=(bottom, 1), title="Timing bits that are wrong",
             ylabel="share of wrong timing bits")
    axis.yaxis.set_major_formatter(
        lambda share, _position: "0" if zeros and share <= bottom else common.plain(share))
    axis.legend(loc="lower left")


def draw_rates(axis, sweep, lanes):
    draw_curve(axis, sweep, information, INFORMATION, "o", "ppm: information (a perfect code)")
    axis.plot([r["parameter"] for r in sweep], [median(r, channel_information) for r in sweep],
              color=INFORMATION, linewidth=1, linestyle=":",
              label="ppm: the same, training rounds\ncounted as data (long messages)")
    draw_curve(axis, sweep, through_session, SESSION, "s", "ppm: through the session")
    if lanes is not None:
        draw_reference(axis, lanes, goodput, INFORMATION, 1.01, "lanes: bare, all of it right")
        draw_reference(axis, lanes, through_session, SESSION, 1.03,
                       "lanes: through the session")
    axis.set_ylim(bottom=-0.05)
    axis.set(title="What a floor round carries",
             ylabel="bits per floor round; session: 0 = refused")
    axis.legend(loc="upper left", bbox_to_anchor=(1.04, 1), handlelength=2.6)


def draw_dots(axis, row, dots, colour, marker="o"):
    axis.plot([row["parameter"]] * len(dots), dots, linestyle="", marker=marker, color=colour,
              alpha=0.5, markersize=5)


def draw_curve(axis, sweep, figure_of, colour, marker, label):
    for row in sweep:
        draw_dots(axis, row, [figure_of(s) for s in common.measured(row)], colour, marker)
    axis.plot([r["parameter"] for r in sweep], [median(r, figure_of) for r in sweep],
              color=colour, label=label)


def draw_reference(axis, row, figure_of, colour, edge, label):
    values = [figure_of(s) for s in common.measured(row)]
    axis.axhline(statistics.median(values), color=colour, linestyle="--",
                 label=f"{label} (n = {len(values)})")
    axis.plot([edge] * 2, [min(values), max(values)], transform=axis.get_yaxis_transform(),
              color=colour, linewidth=3, alpha=0.6, solid_capstyle="butt", clip_on=False)


def median(row, figure_of):
    return statistics.median(figure_of(s) for s in common.measured(row))


def wrong_share(sample):
    """Of the timing bits: the bits of the lines come without error."""
    if not sample["bits_received"]:
        return 0.0
    return (sample["bits_wrong"] / sample["bits_received"]
            * (LINE_BITS + TIMING_BITS) / TIMING_BITS)


def entropy(share):
    if not 0 < share < 1:
        return 0.0
    return -share * math.log2(share) - (1 - share) * math.log2(1 - share)


def bits_of_round(sample):
    return LINE_BITS + TIMING_BITS * (1 - entropy(min(wrong_share(sample), 0.5)))


def channel_information(sample):
    """As if every round carried data. Each round is answered by one signal."""
    return (bits_of_round(sample) * sample["signals_to_sender"] * common.floor_ns(sample)
            / sample["elapsed_ns"])


def information(sample):
    """What a message of this size carries: its training takes time and says nothing."""
    training = TRAINING_ROUNDS * sample["messages"]
    data_share = max(1 - training / max(sample["signals_to_sender"], 1), 0)
    return channel_information(sample) * data_share


def goodput(sample):
    return sample["bytes_per_second"] * 8 * common.floor_ns(sample) / 1e9


def through_session(sample):
    if not sample["session_delivered"]:
        return 0.0
    return SIZE * 8 * common.floor_ns(sample) / (sample["session_seconds"] * 1e9)


def verdict(sweep, lanes):
    """Whether ppm beats lanes, in words, so that nobody has to squint."""
    if lanes is None:
        return "`lanes` is not part of this run."
    return (f"As information {compare(sweep, lanes, information, goodput)}; through the session "
            f"{compare(sweep, lanes, through_session, through_session)}.\n"
            "Information of a data round: 3 + 2 (1 − h) bits, h the entropy of a timing bit's "
            "being wrong. Choosing the best slot afterwards flatters ppm.\nWhere timing bits are "
            "guessed, ppm is lanes plus waiting: what it is above lanes there is noise of the "
            "machine.")


def compare(sweep, lanes, of_ppm, of_lanes):
    best = max(sweep, key=lambda r: median(r, of_ppm))
    ours, theirs = ([figure_of(s) for s in common.measured(row)]
                    for row, figure_of in ((best, of_ppm), (lanes, of_lanes)))
    if min(ours) > max(theirs):
        word = f"all {len(ours)} above all {len(theirs)}"
    elif max(ours) < min(theirs):
        word = f"all {len(ours)} below all {len(theirs)}"
    else:
        word = f"undecided: the {len(ours)} and the {len(theirs)} overlap"
    return (f"its best slot has {statistics.median(ours):.2f} ({best['parameter']} ns), lanes "
            f"{statistics.median(theirs):.2f} ({word})")
