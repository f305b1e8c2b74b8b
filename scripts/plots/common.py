"""What all pictures share: palette, places, footer, and saving without a trace of the moment."""
import re

import matplotlib

from result_file import floor_ns, measured  # noqa: F401  (the pictures have them from here)
from units import RATES, figures, scaled  # noqa: F401

matplotlib.use("Agg")
matplotlib.rcParams.update({
    "svg.hashsalt": "minitalk",  # otherwise the ids in an SVG are random
    "font.size": 10,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
})
import matplotlib.pyplot as plt  # noqa: E402  (after the backend is chosen)
from matplotlib import ticker  # noqa: E402

# Okabe and Ito's palette: told apart by colour-blind readers too. Its yellow is left out: it
# cannot be read on white. 7 colours, 9 markers and 5 dashes have no common factor, so the same look
# comes back after 315 lines only.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*", "p"]
DASHES = ["-", "--", "-.", ":", (0, (3, 1, 1, 1, 1, 1))]
GREY = "#777777"  # of carriers, which are reference and not subject
PAYLOADS = ["text", "utf8", "random", "zeros", "ones"]
PINS = {"same": "same CPU", "cross": "two CPUs", "none": "not pinned"}
WAITS = {"sleep": "both sleep", "spin": "both spin", "auto": "both spin, then sleep"}
SUITE_PLACES = [("same", "sleep"), ("cross", "spin")]
PROTOCOL_KINDS = {"signal-number", "pending-set", "payload"}
# An external pair waits as it was written to; it stands where the floor beside it was measured.
OTHERS = ("somebody else's programs, which wait as they were written to; the start of the client "
          "counts")
FLOORS = {"same": "sleep", "cross": "spin", "none": "auto"}


def place(row):
    return row["pin"], FLOORS.get(row["pin"], row["wait"]) if external(row) else row["wait"]


def place_name(where):
    pin, wait = where
    return f"{PINS.get(pin, pin)}, {WAITS.get(wait, wait)}"


def place_order(where):
    """The suite's two places first, then the others, always in the same order."""
    return where not in SUITE_PLACES, *map(rank, where, (PINS, WAITS))


def rank(word, known):
    """Where a word stands in a list; a word that is not there comes after all that are."""
    known = list(known)
    return (known.index(word), word) if word in known else (len(known), word)


def split(rows):
    """Rows of protocols, and rows of carriers: pipes and such, which send no signals."""
    return ([r for r in rows if r["kind"] in PROTOCOL_KINDS],
            [r for r in rows if r["kind"] == "carrier"])


def externals(rows):
    return [r for r in rows if external(r)]


def external(row):
    """Whether it is of somebody else's server and client."""
    return row["kind"] == "external"


def name(row):
    """Without the parameter: `usleep:20` is `usleep`."""
    return row["protocol"].partition(":")[0]


def default(row):
    """Whether the row is not one of a sweep over a parameter."""
    return ":" not in row["protocol"]


def names(rows):
    """Names without a parameter, in the order of the file: one line, colour and marker each."""
    return list(dict.fromkeys(r["protocol"] for r in rows if default(r)))


def style(index):
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)],
            "linestyle": DASHES[index % len(DASHES)]}


def styles(rows):
    """The look of each protocol. Of all rows of a file, so that it is the same in every picture.
    Those of external pairs come after them, so that they change no protocol's."""
    protocols, others = names(split(rows)[0]), names(externals(rows))
    looks = {protocol: style(index) for index, protocol in enumerate(protocols)}
    for index, other in enumerate(others, len(protocols)):
        looks[other] = {**style(index), "linestyle": (0, (1, 1)), "markerfacecolor": "white"}
    return looks


def spread(places, gap):
    """Moves labels as little as is needed for `gap` between neighbours; keeps their order."""
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    groups = []  # of labels that touch: the sum of where they want the first to be, and how many
    for number, i in enumerate(order):
        groups.append([places[i] - number * gap, 1])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            total, count = groups.pop()
            groups[-1][0] += total
            groups[-1][1] += count
    firsts = [total / count for total, count in groups for _ in range(count)]
    moved = [0.0] * len(places)
    for number, (i, first) in enumerate(zip(order, firsts)):
        moved[i] = first + number * gap
    return moved


def counts(rows):
    """How many repetitions the rows have: `5`, or `2 to 5`."""
    numbers = [len(measured(r)) for r in rows]
    return " to ".join(map(str, sorted({min(numbers), max(numbers)})))


def figure(columns=1, rows=1, width=10.0, height=4.8, **options):
    return plt.subplots(rows, columns, figsize=(width, height), squeeze=False,
                        layout="constrained", **options)


def caption(drawing, text):
    """One or two sentences below the axes: what n is, what an interval means."""
    drawing.supxlabel(text, fontsize=8.5, color="#333333")


def human_rate(value, _position=None):
    number, unit = scaled(value, RATES)
    return f"{number:g} {unit}"


def plain(value, _position=None):
    """A tick as a reader writes it: 0.01, 1000, not 10 to some power."""
    return f"{value:,.10g}"


def decades():
    """Ticks at 1, 2 and 5 of each decade, for a logarithmic axis of few decades."""
    return ticker.LogLocator(subs=(1, 2, 5), numticks=20)


def strain(warnings):
    """From the bench's warnings, in a few words: what of the machine's load spoiled the run."""
    told = "\n".join(warnings)
    busy = re.search(r"machine is busy \(load average ([\d.]+)\)", told)
    left_out = re.search(r"(\d+) repetitions were left out", told)
    return "; ".join(([f"busy machine: load {busy[1]}"] if busy else [])
                     + ([f"{left_out[1]} repetitions left out"] if left_out else []))


def footer(context):
    strained = strain(context.get("warnings", []))
    dirty = ", with changes" if context["git_dirty"] else ""
    return (f"{context['cpu_model']}, {context['cpu_count']} CPUs, {context['kernel']}"
            f"\ncommit {context['git_commit'][:12]}{dirty}, {context['date']}, "
            f"seed {context['seed']}" + (f"\n{strained}" if strained else ""))


def save(drawing, context, stem):
    save_with(drawing, footer(context), stem)


def save_with(drawing, words, stem):
    """With a footer of its own: what a picture of many runs wants."""
    drawing.text(0.995, -0.01, words, ha="right", va="top", fontsize=7, color="#666666")
    for suffix, metadata in ((".png", {"Software": None}), (".svg", {"Date": None})):
        drawing.savefig(stem.with_suffix(suffix), dpi=130, metadata=metadata,
                        bbox_inches="tight")
    plt.close(drawing)
