#!/usr/bin/env -S /bin/sh -c 'exec "${0%/*}/python.sh" "$0" "$@"'
"""Compares two versions of minitalk: builds, measures in pairs, judges, reports. The work is done
in scripts/perf; --help tells what it takes."""
import os
import sys
import time

import interpreter
from ending import status_of

interpreter.prefer("numpy", "matplotlib")
interpreter.need("numpy")
# After it is sure that numpy is there.
from perf import files, options, report, suite  # noqa: E402
from perf.bench import Bench  # noqa: E402
from perf.builds import Builder  # noqa: E402
from perf.procedure import Comparison, Progress  # noqa: E402
from perf.processes import Failed  # noqa: E402

EXIT_FAILED = 1


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
    return report.make_document(chosen.mode, chosen, labels, [side.context for side in pair],
                                judged, skipped, comparison.warnings, time.monotonic() - start)


def compare_files(chosen):
    contexts, cases, skipped, warnings = files.compare(chosen.files, chosen.delta, chosen.force)
    return report.make_document("files", chosen, chosen.files, contexts, cases, skipped, warnings,
                                0)


def draw(document, folder):
    """The forest plot. Its absence is no failure: the figures are in the document."""
    try:
        from plots import common, perf_check
    except ImportError as error:
        print(f"no picture: {error}; install it with apt-get install python3-matplotlib",
              file=sys.stderr)
        return
    drawing = perf_check.draw(document)
    if drawing is not None:
        folder.mkdir(parents=True, exist_ok=True)
        common.save(drawing, perf_check.context(document), folder / "perf_check")


def main(words):
    chosen = options.parse(words)
    progress = Progress()

    def work():
        document = compare_files(chosen) if chosen.mode == "files" else measure(chosen, progress)
        progress.finish()
        report.publish(document, chosen.out, os.environ)
        draw(document, chosen.out.parent / "plots")
        return document["exit_status"]
    return status_of(work, "perf_check.py", progress.finish, (Failed, OSError), EXIT_FAILED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
