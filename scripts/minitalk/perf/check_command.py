"""Compares two versions of minitalk: builds, measures in pairs, judges, reports. The work is done
in scripts/minitalk/perf; --help tells what it takes."""
import argparse
import os
import pathlib
import sys
import time

from minitalk import places
from minitalk.perf import comparison_report, files, options, suite
from minitalk.perf.bench import Bench
from minitalk.perf.builds import Builder
from minitalk.perf.comparison_report import Compared
from minitalk.perf.procedure import Comparison
from minitalk.results.reading import Document
from minitalk.terminal import Progress


def benches(chosen: argparse.Namespace, progress: Progress) -> tuple[Bench, Bench]:
    if chosen.mode == "binaries":
        return Bench(chosen.base_bin), Bench(chosen.head_bin)
    builder = Builder(places.ROOT, chosen.preset, progress.begin)
    return Bench(builder.bench_of(chosen.base)), Bench(builder.bench_of(chosen.head))


def measure(chosen: argparse.Namespace, progress: Progress) -> Compared:
    """Of two binaries."""
    start = time.monotonic()
    base, head = benches(chosen, progress)
    labels = (chosen.base_bin, chosen.head_bin) if chosen.mode == "binaries" else \
        (chosen.base, chosen.head)
    comparison = Comparison(base, head, chosen, progress)
    cases, skipped = comparison.select(suite.select(chosen.suite, chosen.cases),
                                       len(os.sched_getaffinity(0)))
    judged = comparison.run(cases)
    return Compared(chosen.mode, labels, (base.context, head.context), judged, skipped,
                    comparison.warnings, time.monotonic() - start)


def draw(document: Document, folder: pathlib.Path) -> None:
    """The forest plot. Its absence is no failure: the figures are in the document."""
    try:
        from minitalk.plots import common, perf_check
    except ImportError as error:
        print(f"no picture: {error}; install it with apt-get install python3-matplotlib",
              file=sys.stderr)
        return
    drawing = perf_check.draw(document)
    if drawing is not None:
        folder.mkdir(parents=True, exist_ok=True)
        common.save(drawing, perf_check.context(document), folder / "perf_check")


def run(words: list[str]) -> int:
    chosen = options.parse(words)
    with Progress() as progress:
        compared = files.compare(chosen.files, chosen.delta, chosen.force) \
            if chosen.mode == "files" else measure(chosen, progress)
    document = comparison_report.make_document(compared, chosen)
    comparison_report.publish(document, chosen.out, os.environ)
    draw(document, chosen.out.parent / "plots")
    status: int = document["exit_status"]
    return status
