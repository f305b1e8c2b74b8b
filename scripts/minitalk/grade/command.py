"""Grades somebody's server and client: is it right, how fast, what breaks it. The work is done in
scripts/minitalk/grade; --help tells what it takes."""
import argparse
import dataclasses
import os

from minitalk.exit_status import Failed
from minitalk.grade import checks, grade_report, manifest, options, runner
from minitalk.grade.budget import Budget
from minitalk.grade.display import Display
from minitalk.grade.engine import Engine
from minitalk.grade.manifest import Implementation
from minitalk.grade.subject import Subject
from minitalk.results.reading import Document


def implementation_of(chosen: argparse.Namespace) -> Implementation:
    """What to grade, built and ready."""
    if chosen.manifest:
        found = manifest.read(chosen.manifest)
    elif chosen.dir:
        found = manifest.of_folder(chosen.dir)
    else:
        found = manifest.of_programs(chosen.server, chosen.client)
    if chosen.name:
        found = dataclasses.replace(found, name=chosen.name)
    manifest.build(found)
    return found


def grade(chosen: argparse.Namespace, display: Display) -> Document:
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
    return grade_report.make_document(implementation, judged, budget.elapsed(),
                                      chosen.full, chosen.partial)


def run(words: list[str]) -> int:
    chosen = options.parse(words)
    if chosen.list:
        for check in checks.select(chosen.only, chosen.skip):
            print(f"{check.name:<17} {check.asks}")
        return 0
    display = Display()
    Engine.folder = chosen.bench.parent
    try:
        document = grade(chosen, display)
        display.end(document)
        first, *others = grade_report.publish(document, chosen.out)
        display.say(", ".join([os.path.relpath(first), *(path.name for path in others)]) +
                    (" (partial: no badge, and a full run's files stay)" if chosen.partial else ""))
    finally:
        display.progress.clear()
    status: int = document["exit_status"]
    return status
