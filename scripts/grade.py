#!/usr/bin/env -S /bin/sh -c 'exec "${0%/*}/python.sh" "$0" "$@"'
"""Grades somebody's server and client: is it right, how fast, what breaks it. The work is done in
scripts/grade; --help tells what it takes."""
import os
import sys

# This file and the package beside it share a name: the package is found in this folder all the
# same, because a package goes before a module.
import places
from ending import status_of
from grade import checks, children, manifest, options, report, runner
from grade.budget import Budget
from grade.display import Display
from grade.subject import Subject
from perf.processes import Failed

EXIT_FAILED = 2


def implementation_of(chosen):
    """What to grade, built and ready."""
    if chosen.manifest:
        found = manifest.read(chosen.manifest)
    elif chosen.dir:
        found = manifest.of_folder(chosen.dir)
    else:
        found = manifest.of_programs(chosen.server, chosen.client)
    found = manifest.renamed(found, chosen.name)
    manifest.build(found)
    manifest.check_programs(found)
    return found


def grade(chosen, display):
    """The document of a whole run."""
    selected = checks.select(chosen.only, chosen.skip)
    if not selected:
        raise Failed("no check matches; --list names them")
    implementation = implementation_of(chosen)
    budget = Budget(None if chosen.full else chosen.budget)
    subject = Subject(implementation, budget)
    subject.memory["bench"] = chosen.bench
    display.title(implementation, len(selected))
    try:
        judged = runner.run(subject, selected, display.check, display.begin)
    finally:
        subject.close()
    return report.make_document(implementation, judged, budget.elapsed(), chosen.full,
                                chosen.partial)


def main(words):
    chosen = options.parse(words)
    if chosen.list:
        for check in checks.select(chosen.only, chosen.skip):
            print(f"{check.name:<17} {check.asks}")
        return 0
    display = Display(os.environ)

    def work():
        document = grade(chosen, display)
        display.end(document)
        first, *others = report.publish(document, chosen.out)
        display.say(", ".join([os.path.relpath(first), *(path.name for path in others)]) +
                    (" (partial: no badge, and a full run's files stay)" if chosen.partial else ""))
        return document["exit_status"]
    children.adopt_orphans()
    try:
        return status_of(work, places.called("grade"), display.clear, (Failed, OSError),
                         EXIT_FAILED)
    finally:
        children.end_orphans()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
