"""The workflows do what a person can do: every step is a make target that exists, short enough to
be typed, with actions of a fixed version and no right to write. Each check is itself checked."""
import json
import re
import shlex
import unittest

import yaml

from paths import SOURCE

WORKFLOWS = sorted(path.name for path in (SOURCE / ".github" / "workflows").iterdir())
MAX_LINES = 2
OPERATORS = {"&&", "||", ";", "|", ">", ">>"}


def steps_of(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def targets_of(line):
    """The targets that a line of shell makes; none if it does not call make."""
    words = shlex.split(line)
    if "make" not in words:
        return []
    words = words[words.index("make") + 1:]
    ends = [i for i, word in enumerate(words) if word in OPERATORS]
    words = words[:ends[0]] if ends else words
    return [word for word in words if "=" not in word and not word.startswith("-")] or ["all"]


def targets_in(makefile):
    return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def violations(workflow, targets):
    found = []
    if workflow.get("permissions") != {"contents": "read"}:
        found.append("permissions are not contents: read alone")
    for name, job in workflow["jobs"].items():
        if "permissions" in job:
            found.append(f"{name} has permissions of its own")
        if "timeout-minutes" not in job:
            found.append(f"{name} may hang for hours")
    for step in steps_of(workflow):
        found += violations_of_action(step["uses"]) if "uses" in step else []
        found += violations_of_script(step["run"], targets) if "run" in step else []
    return found


def violations_of_action(action):
    return [] if re.fullmatch(r"actions/[a-z-]+@v\d+", action) else [f"{action}: no major version"]


def violations_of_script(script, targets):
    lines = script.strip().splitlines()
    found = [f"{len(lines)} lines: {lines[0]}"] if len(lines) > MAX_LINES else []
    if "${{" in script:
        # Text of a stranger's pull request would become code.
        found.append(f"an expression in shell; hand it over in env: {lines[0]}")
    for line in lines:
        if not targets_of(line):
            found.append(f"makes nothing: {line}")
        found += [f"no target {target} in the Makefile" for target in targets_of(line)
                  if target not in targets]
    return found


def load(name):
    workflow = yaml.safe_load((SOURCE / ".github" / "workflows" / name).read_text())
    workflow["on"] = workflow.pop(True)  # YAML 1.1 reads the key `on` as a truth value
    return workflow


class WorkflowTest(unittest.TestCase):
    def test_there_are_no_offences(self):
        targets = targets_in((SOURCE / "Makefile").read_text())
        for name in WORKFLOWS:
            with self.subTest(name):
                self.assertEqual(violations(load(name), targets), [])

    def test_every_preset_is_tested(self):
        presets = json.loads((SOURCE / "CMakePresets.json").read_text())["testPresets"]
        text = (SOURCE / ".github" / "workflows" / "ci.yml").read_text()
        for name in {preset["name"] for preset in presets} - {"base", "dev"}:
            self.assertIn(name, text)

    def test_results_are_kept(self):
        for name in WORKFLOWS:
            for step in steps_of(load(name)):
                if step.get("uses", "").startswith("actions/upload-artifact@"):
                    self.assertIn(step["if"], ("always()", "failure()"), name)


class ChecksTest(unittest.TestCase):
    def test_targets_of_a_line(self):
        for line, targets in (("make", ["all"]), ("make test PRESET=tsan", ["test"]),
                              ('make -s export FORMAT=csv >> "$OUT"', ["export"]),
                              ("CXX=clang++ make all test", ["all", "test"]),
                              ("setarch -R make test ARGS='-R a b' && ls", ["test"]),
                              ("cmake --build build", [])):
            self.assertEqual(targets_of(line), targets, line)

    def test_planted_violations(self):
        good = {"permissions": {"contents": "read"}, "jobs": {"a": {"timeout-minutes": 1, "steps": [
            {"uses": "actions/checkout@v4"}, {"run": "make test\nmake all"}]}}}
        self.assertEqual(violations(good, {"test", "all"}), [])
        self.assertEqual(len(violations(good, {"test"})), 1)
        self.assertEqual(len(violations({**good, "permissions": "write-all"}, {"test", "all"})), 1)
        for step in ({"uses": "actions/checkout@main"}, {"uses": "actions/checkout"},
                     {"uses": "someone/else@v1"}, {"run": "make all\nmake all\nmake all"},
                     {"run": "ninja"}, {"run": "make nonsense"}, {"run": "make all 'X=${{ a }}'"}):
            job = {"timeout-minutes": 1, "steps": [step]}
            self.assertEqual(len(violations({**good, "jobs": {"a": job}}, {"all"})), 1, step)
        for job in ({"steps": []}, {"steps": [], "timeout-minutes": 1, "permissions": {}}):
            self.assertEqual(len(violations({**good, "jobs": {"a": job}}, {"all"})), 1, job)
