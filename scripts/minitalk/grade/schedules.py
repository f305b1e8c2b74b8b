"""Whether a schedule breaks the pair, however often it went well: minitalk-explore runs the very
programs and chooses what the kernel otherwise chooses (docs/explore.md)."""
import json
import pathlib
import tempfile
from typing import Any

from minitalk import processes
from minitalk.exit_status import Failed
from minitalk.grade.under_test import Finding, OK, skip, UnderTest, WARN

SECONDS = 6
REPLAY_SECONDS = 20  # a guard: a run that has begun is brought to its end
FOUND = 1
SHOWN_STEPS = 12  # the last ones


def check(tested: UnderTest) -> Finding:
    explorer = tested.memory["bench"].parent / "minitalk-explore"
    if not explorer.exists():
        raise skip(f"there is no {explorer}: run make first")
    seconds = max(1.0, min(SECONDS, tested.clock.left()))
    implementation = tested.implementation
    manifest = {"directory": str(implementation.folder), "server": implementation.server,
                "client": implementation.client}
    with tempfile.TemporaryDirectory(prefix="minitalk-grade-") as folder:
        description, outcome = pathlib.Path(folder, "pair.json"), pathlib.Path(folder, "found.json")
        description.write_text(json.dumps(manifest))
        try:
            status, _, stderr = processes.run(
                [explorer, "--manifest", description, "--budget", f"{seconds:.1f}", "--json",
                 outcome, "--quiet"], timeout=seconds + REPLAY_SECONDS)
        except Failed as error:
            raise skip(str(error)) from error
        if status not in (0, FOUND):
            raise skip((stderr.strip().splitlines() or [f"the explorer ended with {status}"])[-1])
        return judge(json.loads(outcome.read_text()))


def judge(document: dict[str, Any]) -> Finding:
    """Of what minitalk-explore has written."""
    complete, schedule = document["complete_preemptions"], document["schedule"]
    reach = "" if complete is None else \
        f", all with up to {complete} preemption{'s' * (complete != 1)}"
    extent = f"explored {document['schedules']:,} schedules{reach}"
    figures = {"schedules": document["schedules"]}
    if schedule is None:
        return Finding(OK, extent, figures=figures)
    steps = [f"{number} {step['process']} {step['step']}" + (f" [{step['source']}]"
             if "source" in step else "") for number, step in enumerate(schedule["steps"], 1)]
    shown = ["..."] * (len(steps) > SHOWN_STEPS) + steps[-SHOWN_STEPS:]
    return Finding(WARN, f"{document['verdict']}: {document['violation']}; {extent}",
                   f"the shortest schedule: {'; '.join(shown)}; make explore shows it whole",
                   figures)
