"""What all pictures share: palette, places, sizes, title, caption and footer."""
import pathlib
import re
from statistics import fmean as mean
import textwrap
from typing import Any, Callable, Iterable, Sequence

import matplotlib

from minitalk.results import facts
from minitalk.results.reading import measured, RATES, Row, Sample, scaled

matplotlib.use("Agg")
matplotlib.rcParams.update({
    "svg.hashsalt": "minitalk",  # otherwise the ids in an SVG are random
    "pdf.fonttype": 42,  # journals refuse the bitmaps of type 3
    "font.size": 9,
    "axes.titlesize": "medium",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
})
import matplotlib.pyplot as plt  # noqa: E402  (after the backend is chosen)
from matplotlib import ticker  # noqa: E402

Figure = Any  # matplotlib of Debian 12 has no types
Axes = Any
Place = tuple[str, str]  # pin, wait
Look = dict[str, Any]
End = tuple[float, float, str, str]  # of a line: x, y, text, colour
FigureOf = Callable[[Sample], float]  # a number, of a repetition

# Okabe and Ito's palette: colour-blind readers can distinguish it, too. Its yellow is left out: it
# cannot be read on white. Four darker colours follow, as there are more protocols than colours.
# 11 colours, 9 markers and 5 dashes have no common factor, so the same look comes back after 495
# lines only.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
           "#882255", "#6F4E00", "#332288", "#5B8C00"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*", "p"]
DASHES = ["-", "--", "-.", ":", (0, (3, 1, 1, 1, 1, 1))]
# Whose look is the same in the pictures of every file, whatever a filter left out.
KNOWN = [protocol.name for protocol in facts.PROTOCOLS]
WIDTH = 8.3  # inches: GitHub shows a picture 830 pixels wide, and type of 9 points is read there
STACKED = 5.5  # inches; in a narrower picture panels stand below one another
DPI = 160
GREY = "#777777"  # of carriers, which are reference and not subject
PAYLOADS = ["text", "utf8", "random", "zeros", "ones"]
PINS = {"same": "same CPU", "cross": "two CPUs", "none": "not pinned"}
WAITS = {"sleep": "both sleep", "spin": "both spin", "auto": "both spin, then sleep"}
SUITE_PLACES = [("same", "sleep"), ("cross", "spin")]
PROTOCOL_KINDS = {"signal-number", "pending-set", "payload"}
OTHERS = ("third-party programs, which wait as they were written to; the start of the client "
          "counts")
# A third-party pair waits as it was written to; it stands where the floor beside it was measured.
FLOORS = {"same": "sleep", "cross": "spin", "none": "auto"}


def place(row: Row) -> Place:
    return row["pin"], FLOORS.get(row["pin"], row["wait"]) if third_party(row) else row["wait"]


def place_name(where: Place) -> str:
    pin, wait = where
    return f"{PINS.get(pin, pin)}, {WAITS.get(wait, wait)}"


def place_order(where: Place) -> tuple[object, ...]:
    """The suite's two places first, then the others, always in the same order."""
    return where not in SUITE_PLACES, *map(rank, where, (PINS, WAITS))


def rank(word: str, known: Iterable[str]) -> tuple[int, str]:
    """Where a word stands in a list; a word that is not there comes after all that are."""
    known = list(known)
    return (known.index(word), word) if word in known else (len(known), word)


def split(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows of protocols, and rows of carriers: pipes and such, which send no signals."""
    return ([r for r in rows if r["kind"] in PROTOCOL_KINDS],
            [r for r in rows if r["kind"] == "carrier"])


def third_parties(rows: list[Row]) -> list[Row]:
    """Rows of third-party servers and clients."""
    return [r for r in rows if third_party(r)]


def third_party(row: Row) -> bool:
    return bool(row["kind"] == "external")


def name(row: Row) -> str:
    """Without the parameter: `usleep:20` is `usleep`."""
    return str(row["protocol"].partition(":")[0])


def default(row: Row) -> bool:
    """Whether the row is not one of a sweep over a parameter."""
    return ":" not in row["protocol"]


def names(rows: list[Row]) -> list[str]:
    """Names without a parameter, in the order of the file: one line, colour and marker each."""
    return list(dict.fromkeys(r["protocol"] for r in rows if default(r)))


def style(index: int) -> Look:
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)],
            "linestyle": DASHES[index % len(DASHES)]}


def known_style(protocol: str) -> Look:
    return style(KNOWN.index(protocol))


def styles(rows: list[Row]) -> dict[str, Look]:
    """The look of each protocol. Of all rows of a file, so that it is the same in every picture.
    Those of third-party pairs come after them, so that they change no protocol's."""
    protocols, others = names(split(rows)[0]), names(third_parties(rows))
    known = KNOWN + [protocol for protocol in protocols if protocol not in KNOWN]
    looks = {protocol: style(known.index(protocol)) for protocol in protocols}
    for index, other in enumerate(others, len(known)):
        looks[other] = {**style(index), "linestyle": (0, (1, 1)), "markerfacecolor": "white"}
    return looks


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Moves labels as little as is needed for `gap` between neighbours; keeps their order."""
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    groups: list[list[float]] = []  # of labels that touch: where each wants the first to be
    for number, i in enumerate(order):
        groups.append([places[i] - number * gap])
        while len(groups) > 1 and mean(groups[-2]) > mean(groups[-1]):
            touching = groups.pop()
            groups[-1] += touching
    firsts = [mean(group) for group in groups for _ in group]
    moved = [0.0] * len(places)
    for number, (i, first) in enumerate(zip(order, firsts)):
        moved[i] = first + number * gap
    return moved


def within(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The same between two heights, as far as there is room: below the title, above the ticks."""
    moved = list(places)
    for sign, limit in ((1, low), (-1, high)):
        for i in sorted(range(len(moved)), key=lambda i: sign * moved[i]):
            moved[i] = sign * max(sign * moved[i], sign * limit)
            limit = moved[i] + sign * gap
    return moved


def range_text(numbers: Iterable[int]) -> str:
    """`5`, or `2 to 5`; nothing without numbers."""
    ordered = sorted(numbers)
    return " to ".join(map(str, dict.fromkeys(ordered[:1] + ordered[-1:])))


def counts(rows: list[Row]) -> str:
    """How many repetitions the rows have."""
    return range_text(len(measured(r)) for r in rows)


class Paper:
    """What the command was asked for beyond the screen; for the whole process, as rcParams are."""
    formats: tuple[str, ...] = (".png", ".svg")
    width: float | None = None  # inches
    height: float | None = None
    words = True  # title, caption and footer


def set_font(points: float) -> None:
    """Of the whole process: matplotlib keeps the size of the type so."""
    matplotlib.rcParams["font.size"] = points


def narrow() -> bool:
    """Whether what stands side by side on a screen has no room."""
    return Paper.width is not None and Paper.width < STACKED


def small(share: float = 0.85) -> float:
    """Type smaller than the picture's own, in points."""
    return float(share * matplotlib.rcParams["font.size"])


def figure(columns: int = 1, rows: int = 1, width: float = WIDTH, height: float = 4.8,
           **options: Any) -> tuple[Figure, Axes]:
    """`width` and `height` are the screen's; those of the paper win."""
    across = Paper.width or width
    if columns > 1 and rows == 1 and narrow():
        columns, rows, height = 1, columns, 0.75 * columns * height
    drawing, axes = plt.subplots(rows, columns, figsize=(across, Paper.height or height),
                                 squeeze=False, layout="constrained", **options)
    return drawing, axes


def panels(count: int, **options: Any) -> tuple[Figure, list[Axes]]:
    """As many panels beside one another, or below where it is narrow; a plain list of them."""
    drawing, axes = figure(columns=count, **options)
    return drawing, list(axes.flat)


def single(**options: Any) -> tuple[Figure, Axes]:
    drawing, axes = figure(**options)
    return drawing, axes[0][0]


def draw_grid(axis: Axes, grid: Any, **options: Any) -> Any:
    """Cells of colour without lines about them; returns what a colour bar wants."""
    axis.grid(False)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    return axis.imshow(grid, cmap="viridis", aspect="auto", **options)


def wrapped(drawing: Figure, text: str, points: float) -> str:
    """Lines that fit the picture; a letter is half as wide as high, and a little more."""
    letters = int(drawing.get_figwidth() * 72 / (0.53 * points))
    return "\n".join(textwrap.fill(line, letters, break_long_words=False, break_on_hyphens=False)
                     for line in text.splitlines())


def title(drawing: Figure, text: str) -> None:
    """A sentence that says what there is to see, from these very results."""
    drawing.claim = text
    if Paper.words:
        points = small(1.15)
        lines = wrapped(drawing, text, 1.15 * points).splitlines()
        # Of much the same length, and no longer than fits.
        letters = min(int(1.1 * len(text) / len(lines)) + 8, max(map(len, lines)))
        drawing.suptitle(textwrap.fill(text, letters, break_long_words=False), fontsize=points,
                         fontweight="semibold")
        drawing.get_layout_engine().set(h_pad=5 / 72)


def caption(drawing: Figure, text: str) -> None:
    """One or two sentences below the axes: what n is, what an interval means."""
    drawing.caption = text


def human_rate(value: float, _position: object | None = None) -> str:
    number, unit = scaled(value, RATES)
    return f"{number:g} {unit}"


def plain(value: float, _position: object | None = None) -> str:
    """A tick as a reader writes it: 0.01, 1000, not 10 to some power."""
    return f"{value:,.10g}"


def set_decades(scale: Any, formatter: Any = plain, subs: Sequence[int] = (1, 2, 5)) -> None:
    """Ticks at 1, 2 and 5 of each decade, for a logarithmic axis of few decades."""
    scale.set_major_locator(ticker.LogLocator(subs=subs, numticks=20))
    scale.set_major_formatter(formatter)
    scale.set_minor_formatter(lambda _value, _position: "")


# Codes of bench/environment: the value to show, how it is shown, and how it is found in the text,
# which is all that results of before there were codes have.
STRAINS = {
    "busy_machine": ("load", "busy machine: load {:.1f}", r"busy \(load average ([\d.]+)\)"),
    "repetitions_left_out": ("repetitions", "{:.0f} repetitions left out",
                             r"(\d+) repetitions were left out"),
}


def strain(context: dict[str, Any]) -> str:
    """In a few words: what of the machine's load spoiled the run."""
    details = {each["code"]: each["values"] for each in context.get("warning_details", [])}
    texts = []
    for code, (key, form, pattern) in STRAINS.items():
        match = re.search(pattern, "\n".join(context.get("warnings", [])))
        if code in details:
            texts.append(form.format(details[code][key]))
        elif "warning_details" not in context and match:
            texts.append(form.format(float(match[1])))
    return "; ".join(texts)


def footer(context: dict[str, Any]) -> str:
    strained = strain(context)
    dirty = ", with changes" if context["git_dirty"] else ""
    return (f"{context['cpu_model']}, {context['cpu_count']} CPUs, {context['kernel']}"
            f"\ncommit {context['git_commit'][:12]}{dirty}, {context['date']}, "
            f"seed {context['seed']}" + (f"\n{strained}" if strained else ""))


def save(drawing: Figure, words: str, stem: pathlib.Path) -> None:
    """`words`: the footer. The size is the one asked for, and nothing depends on the moment."""
    if Paper.words:
        add_footer(drawing, words)
    for after in getattr(drawing, "after_layout", ()):
        drawing.draw_without_rendering()
        after()
    metadata = {".png": {"Software": None}, ".svg": {"Date": None},
                ".pdf": {"CreationDate": None, "Producer": None, "Creator": None}}
    for suffix in Paper.formats:
        drawing.savefig(stem.with_suffix(suffix), dpi=DPI, metadata=metadata[suffix])
        if suffix == ".svg":
            number_clips(stem.with_suffix(suffix))
    plt.close(drawing)


def number_clips(svg: pathlib.Path) -> None:
    """Matplotlib names a clip after its rectangle, whose last digit the layout does not always find
    alike: numbers in their place, so that the same figures give the same bytes."""
    text = svg.read_text(encoding="utf-8")
    for number, name in enumerate(re.findall(r'<clipPath id="(\w+)"', text)):
        text = text.replace(name, f"clip{number}")
    svg.write_text(text, encoding="utf-8")


def add_footer(drawing: Figure, words: str) -> None:
    """The caption and what was measured where, below all axes."""
    height, top = drawing.get_figheight() * 72, 6.0  # points
    for text, points, where, colour in ((words, small(0.7), 0.995, "#666666"),
                                        (getattr(drawing, "caption", ""), small(0.84), 0.5,
                                         "#333333")):
        text = wrapped(drawing, text, points)
        drawing.text(where, top / height, text, ha="center" if where == 0.5 else "right",
                     va="bottom", fontsize=points, color=colour)
        top += 1.25 * points * (text.count("\n") + 1) + 4
    drawing.get_layout_engine().set(rect=(0, top / height, 1, 1 - top / height))


def label_ends(drawing: Figure, axis: Axes, ends: Iterable[End], lines: int = 1) -> None:
    """Names to the right of a panel, pushed apart, each tied to its point. They are placed once the
    layout is known. A name has at most so many lines."""
    marks = []
    for x, y, text, colour in ends:
        # As high as the axis is, whatever the height: the layout wants to know their width only.
        label = axis.text(1.045, 0.5, text, transform=axis.transAxes, va="center",
                          fontsize=small(), color=colour)
        tie, = axis.plot([1, 1], [0.5, 0.5], transform=axis.transAxes, color=colour,
                         linewidth=0.5, clip_on=False)
        marks.append((x, y, label, tie))
    if not hasattr(drawing, "after_layout"):
        drawing.after_layout = []
    drawing.after_layout.append(lambda: place_ends(axis, marks, lines))


def place_ends(axis: Axes, marks: list[Any], lines: int) -> None:
    to_share = axis.transScale + axis.transLimits  # from data to shares of the axis
    points = [to_share.transform((x, y)) for x, y, *_ in marks]
    inches = axis.get_window_extent().height / axis.figure.dpi
    gap = 1.25 * lines * small() / 72 / inches
    heights = within(spread([y for _, y in points], gap), gap, -0.01, 1.01)
    for (x, y), (*_, label, tie), moved in zip(points, marks, heights):
        label.set_y(moved)
        tie.set_data([x, 1.035], [y, moved])
        tie.set_linestyle("-" if x > 0.8 else (0, (1, 4)))
