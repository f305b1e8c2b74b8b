"""Compares two versions of minitalk: builds, measures in pairs, judges, reports. The work is done
in scripts/minitalk/perf; --help tells what it takes."""
import os
import sys
import time


from minitalk.perf import comparison_report, files, options, suite
from minitalk.perf.bench import Bench
from minitalk.perf.builds import Builder
from minitalk.perf.procedure import Comparison, Progress


def benches(chosen, progress):
    """The two benches and what to call them."""
    if chosen.mode == "binaries":
        paths = [chosen.base_bin, chosen.head_bin]
        return [Bench(path) for path in paths], paths
    builder = Builder(options.ROOT, chosen.preset, progress.say)
    refs = [chosen.base, chosen.head]
    return [Bench(builder.bench_of(ref)) for ref in refs], refs


def measure(chosen, progress):
    """The document of a comparison of two binaries."""
    start = time.monotonic()
    pair, labels = benches(chosen, progress)
    comparison = Comparison(*pair, chosen, progress)
    cases, skipped = comparison.select(suite.select(chosen.suite, chosen.cases),
                                       len(os.sched_getaffinity(0)))
    judged = comparison.run(cases)
    contexts = [side.context for side in pair]
    return comparison_report.make_document(chosen.mode, chosen, labels, contexts, judged, skipped,
                                           comparison.warnings, time.monotonic() - start)


def compare_files(chosen):
    contexts, cases, skipped, warnings = files.compare(chosen.files, chosen.delta, chosen.force)
    return comparison_report.make_document("files", chosen, chosen.files, contexts, cases, skipped,
                                           warnings, 0)


def draw(document, folder):
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
    progress = Progress()
    try:
        document = compare_files(chosen) if chosen.mode == "files" else measure(chosen, progress)
    finally:
        progress.finish()
    comparison_report.publish(document, chosen.out, os.environ)
    draw(document, chosen.out.parent / "plots")
    status: int = document["exit_status"]
    return status
