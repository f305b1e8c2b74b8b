"""The repository itself: scripts as one calls them, the generated blocks of the documents, and the
workflows."""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

from commands import BIN, SOURCE, TIMEOUT
from minitalk.docs import blocks, described, markdown, roff

SCRIPTS = SOURCE / "scripts"
REFERENCE = SOURCE / "results" / "reference.json"
TOOLS = ("env", "sh", "dirname", "readlink")
CALLED = [*SCRIPTS.glob("*.py"), SCRIPTS / "lab"]
PACKAGE = "minitalk"
LIMIT_SECONDS = 120
# A Python that starts, and has not one of the packages: as another installation beside Debian's.
BARE = '#!/bin/sh\nexec /usr/bin/python3 -S -s "$@"\n'
BROKEN = '#!/bin/sh\necho "pyenv: python3: command not found" >&2\nexit 127\n'


class ScriptsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.path = self.folder / "bin"
        self.path.mkdir()
        for tool in TOOLS:
            (self.path / tool).symlink_to(shutil.which(tool))

    def python(self, text):
        """What PATH has as python3."""
        path = self.path / "python3"
        path.write_text(text)
        path.chmod(0o755)

    def call(self, script, *words, scripts=SCRIPTS):
        """By its name, with nothing on PATH but the tools, from another folder."""
        return subprocess.run([scripts / script, *words], cwd=self.folder, text=True, check=False,
                              env={"PATH": str(self.path), "HOME": str(self.folder)},
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=LIMIT_SECONDS)

    def test_those_with_a_help_can_be_called(self):
        self.assertEqual({path.name for path in CALLED},
                         {"grade.py", "interop.py", "perf_check.py", "lab"})
        for path in CALLED:
            with self.subTest(path.stem):
                run = self.call(path.name, "--help")
                self.assertEqual(run.returncode, 0, run.stderr)
        for words in ([], ["nonsense"]):
            run = self.call("lab", *words)
            self.assertEqual((run.returncode, run.stdout, run.stderr.count("\n")), (64, "", 1))

    @unittest.skipUnless(os.path.exists("/usr/bin/python3"), "no Python of Debian's here")
    def test_the_packages_are_found_where_they_are(self):
        for name, text in (("without", None), ("bare", BARE), ("broken", BROKEN)):
            with self.subTest(name):
                if text:
                    self.python(text)
                for words in (("lab", "plot"), ("lab", "report"), ("perf_check.py",)):
                    run = self.call(*words, "--help")
                    self.assertEqual(run.returncode, 0, run.stderr)
        self.python(BARE)
        run = self.call("lab", "plot", REFERENCE, self.folder / "plots")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertTrue((self.folder / "plots" / "cpu_cost.png").exists())

    def copy(self, place):
        """The scripts, with another place for Debian's Python."""
        scripts = self.folder / "scripts"
        shutil.copytree(SCRIPTS, scripts)
        (self.folder / "CMakeLists.txt").touch()
        for path in (scripts / "python.sh", scripts / PACKAGE / "places.py"):
            text = path.read_text()
            self.assertIn("/usr/bin/python3", text)
            path.write_text(text.replace("/usr/bin/python3", str(place)))
        return scripts

    def test_no_python_at_all_is_told_in_one_line(self):
        run = self.call("grade.py", "--help", scripts=self.copy("/no/such/python3"))
        self.assertEqual(run.returncode, 69)
        self.assertRegex(run.stderr, r"\Agrade\.py: there is no python3 [^\n]*apt-get[^\n]*\n\Z")

    def test_no_packages_at_all_are_told_in_one_line(self):
        self.python(BARE)
        scripts = self.copy("/no/such/python3")
        for script, package in (("lab plot", "python3-matplotlib python3-numpy"),
                                ("perf_check.py", "python3-numpy"),
                                ("lab report", "python3-jinja2")):
            run = self.call(*script.split(), "--help", scripts=scripts)
            self.assertEqual(run.returncode, 1, run.stdout)
            self.assertRegex(run.stderr, rf"\A{script}: [^\n]*apt-get install [^\n]*{package}"
                             r"[^\n]*\n\Z")


STALE = ("a\n<!-- generated: classic-words -->\n| old |\n<!-- end -->\nb\n",
         "<!-- generated: classic-words -->")


class Documents(unittest.TestCase):
    def test_none_is_stale(self):
        run = subprocess.run([sys.executable, SOURCE / "scripts/lab", "docs", "--check", "--bin",
                              BIN], capture_output=True, text=True, timeout=TIMEOUT, check=False)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))

    def test_a_stale_block_is_filled_and_nothing_else(self):
        described.FOLDER = BIN
        before, begin = STALE
        after = blocks.filled(before, markdown.BLOCKS)
        self.assertTrue(after.startswith(f"a\n{begin}\n| one of "), after)
        self.assertTrue(after.endswith("|\n<!-- end -->\nb\n"), after)
        self.assertEqual(blocks.filled(after, markdown.BLOCKS), after)

    def test_programs_describe_themselves(self):
        described.FOLDER = BIN
        for page, program in described.pages().items():
            with self.subTest(page):
                says = described.of(program)
                self.assertLessEqual({0, 64}, {one["status"] for one in says["exit_statuses"]})
                names = {name for option in says["options"] for name in option["names"]}
                self.assertLessEqual({"--help", "--describe"}, names)
                self.assertTrue(all(option["help"] for option in says["options"]))

    def test_manual_pages_show_text_as_it_is(self):
        self.assertEqual(roff.text(".a --b \\"), "\\&.a \\-\\-b \\e")


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
