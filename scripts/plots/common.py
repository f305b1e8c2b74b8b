"""What all pictures share: palette, places, footer, and saving without a trace of the moment."""
import matplotlib

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

# Okabe and Ito's palette: told apart by colour-blind readers too.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 2))]
PLACES = {("same", "sleep"): "same CPU, both sleep", ("cross", "spin"): "two CPUs, both spin",
          ("cross", "sleep"): "two CPUs, both sleep"}
SUITE_PLACES = [("same", "sleep"), ("cross", "spin")]


def place(row):
    return row["pin"], row["wait"]


def protocols(rows):
    """Names without a parameter, in the order of the file: one line, colour and marker each."""
    return list(dict.fromkeys(r["protocol"] for r in rows if ":" not in r["protocol"]))


def style(index):
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)],
            "linestyle": DASHES[index % len(DASHES)]}


def measured(row):
    """The repetitions of a row that ran to their end."""
    return [sample for sample in row["samples"] if sample["measured"]]


def figure(columns=1, rows=1, width=10.0, height=4.8, **options):
    return plt.subplots(rows, columns, figsize=(width, height), squeeze=False,
                        layout="constrained", **options)


def caption(drawing, text):
    """One or two sentences below the axes: what n is, what an interval means."""
    drawing.supxlabel(text, fontsize=8.5, color="#333333")


def footer(context):
    dirty = ", with changes" if context["git_dirty"] else ""
    return (f"{context['cpu_model']}, {context['cpu_count']} CPUs, {context['kernel']}"
            f"\ncommit {context['git_commit'][:12]}{dirty}, {context['date']}, "
            f"seed {context['seed']}")


def save(drawing, context, stem):
    drawing.text(0.995, -0.01, footer(context), ha="right", va="top", fontsize=7, color="#666666")
    for suffix, metadata in ((".png", {"Software": None}), (".svg", {"Date": None})):
        drawing.savefig(stem.with_suffix(suffix), dpi=130, metadata=metadata,
                        bbox_inches="tight")
    plt.close(drawing)
