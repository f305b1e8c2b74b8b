"""Compares two versions of minitalk: builds, measures in pairs, judges, reports. The work is done
in scripts/minitalk/perf; --help tells what it takes."""
import argparse
import os
import time

from minitalk import places
from minitalk.perf import comparison_report, files, options, suite
from minitalk.perf.bench import Bench
from minitalk.perf.builds import Builder
from minitalk.perf.comparison_report import Compared
from minitalk.perf.procedure import Comparison
from minitalk.plots import pictures
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


def run(words: list[str]) -> int:
    chosen = options.parse(words)
    with Progress() as progress:
        compared = files.compare(chosen.files, chosen.delta, chosen.force) \
            if chosen.mode == "files" else measure(chosen, progress)
    document = comparison_report.make_document(compared, chosen)
    comparison_report.publish(document, chosen.out, os.environ)
    pictures.save("perf_check", document, chosen.out.parent / "plots" / "perf_check")
    status: int = document["exit_status"]
    return status
