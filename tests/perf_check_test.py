"""perf-check on real binaries, real commits and result files: that it finds what was planted, says
nothing about what is the same, and ends as documented."""
import copy
import filecmp
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import types
import unittest

import jsonschema

from minitalk import processes
from minitalk.perf import bench, builds, trials
from minitalk.plots import common, perf_check
from commands import BENCH, BUILD, SOURCE

SHIM = BUILD / "tests" / "libminitalk_slow.so"

TOOL = SOURCE / "scripts" / "perf_check.py"
ACK = ["--cases=^ack/.*/same/"]
PLANTED = 20  # a message of the slow bench takes at least so many times as long
SHORT = ["--seconds=0.01", "--max-pairs=10", *ACK]


def environment(**more):
    """Ours, without what would make it believe that it runs on CI."""
    kept = {key: value for key, value in os.environ.items()
            if key not in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY")}
    return {**kept, **more}


def check(*words, **more):
    return subprocess.run([sys.executable, TOOL, *words], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=240, check=False, env=environment(**more))


def executable(process):
    """What a process runs; nothing if it has ended or is not ours to ask."""
    try:
        return os.readlink(process / "exe")
    except OSError:
        return None


class FolderTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "check.json"

    def document(self):
        return json.loads(self.out.read_text(), parse_constant=self.fail)

    def compare(self, head, *words, base=BENCH, **more):
        return check("--base-bin", base, "--head-bin", head, "--out", self.out, *words, **more)

    def slowed(self, name, **settings):
        """The bench under the shim, as a program of its own."""
        words = [f"LD_PRELOAD={SHIM}", *(f"{key}={value}" for key, value in settings.items())]
        path = self.folder / name
        path.write_text(f'#!/bin/sh\nexec env {" ".join(words)} {BENCH} "$@"\n')
        path.chmod(0o755)
        return path


class BinariesTest(FolderTest):
    def test_identical_binaries(self):
        summary = self.folder / "summary.md"
        run = self.compare(BENCH, *SHORT, CI="true", GITHUB_STEP_SUMMARY=str(summary))
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        document = self.document()
        schema = json.loads((SOURCE / "results" / "perf-check.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(document, schema)
        for key in ("verdict", "cases", "machine"):
            damaged = copy.deepcopy(document)
            del damaged[key]
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(damaged, schema)
        self.assertEqual(len(document["cases"]), 1)
        first = document["cases"][0]["first"]
        self.assertEqual(first["signals_per_byte"]["change"], 0)
        self.assertEqual(len(first["rounds"]), 10)
        table = self.out.with_suffix(".md").read_text()
        self.assertEqual(summary.read_text(), table)
        self.assertIn(table, run.stdout)
        self.pictures_are_the_same_twice(document)

    def pictures_are_the_same_twice(self, document):
        again = self.folder / "again"
        again.mkdir()
        common.save(perf_check.draw(document), perf_check.footer(document), again / "perf_check")
        names = ["perf_check.png", "perf_check.svg"]
        _, different, errors = filecmp.cmpfiles(self.folder / "plots", again, names, shallow=False)
        self.assertEqual((different, errors), ([], []))

    def test_a_planted_slowdown_is_found(self):
        """A message takes PLANTED times as long as it does on this machine now, where five times
        is allowed: so much that no noise of a loaded machine can hide it, on either side of the
        control."""
        options = types.SimpleNamespace(seed=1, seconds=0.02)
        case = bench.select("ci", "^ack/.*/same/")[0]
        loops = trials.Shim(BENCH, SHIM, options).loops_for(case, PLANTED)
        run = self.compare(self.slowed("slow", MINITALK_SLOW_LOOPS=loops), *ACK, "--delta=4",
                           "--seconds=0.02", "--max-pairs=32", "--no-calls",
                           base=self.slowed("same", MINITALK_SLOW_LOOPS=0), GITHUB_ACTIONS="true")
        self.assertEqual(run.returncode, 2, run.stdout + run.stderr)
        case = self.document()["cases"][0]
        self.assertEqual(case["confirmation"], "confirmed")
        self.assertEqual(case["second"]["seed"], case["first"]["seed"] + 1)
        self.assertIn("\n::error title=perf-check::ack/32/text/same/sleep: time per byte",
                      run.stdout)

    def test_a_system_call_more_is_counted(self):
        """What a count that rose means is tested in perf_statistics_test."""
        case = bench.select("ci", "^ack/.*/same/")[0]
        counts = [bench.Bench(self.slowed(f"calls-{more}", MINITALK_SLOW_CALLS=more))
                  .calls_per_byte(case, seed=1) for more in (0, 1)]
        if counts == [None, None]:
            self.skipTest("system calls cannot be counted here")
        # A signal sent, a call more: 16 signals a byte, 32 calls a byte.
        self.assertAlmostEqual(counts[1] / counts[0] - 1, 0.5, delta=0.05)

    def test_strict(self):
        """Ten pairs of a thousandth as delta: nobody can tell."""
        run = self.compare(BENCH, *SHORT, "--delta=0.001", "--strict", "--no-calls")
        self.assertEqual(run.returncode, 3, run.stdout + run.stderr)

    def test_what_is_no_bench_is_a_failure_of_the_tool(self):
        for head in ("/bin/false", "/no/such", "/bin/true"):
            run = self.compare(head, *SHORT)
            self.assertEqual(run.returncode, 1, run.stdout)
            self.assertTrue(run.stderr.startswith("perf_check.py: "), run.stderr)
        self.assertFalse(self.out.exists())

    def test_interrupted(self):
        """Leaves neither half a result nor a process."""
        mine = self.folder / "bench"  # a copy: its processes are told from everybody's
        shutil.copy2(BENCH, mine)
        command = [sys.executable, TOOL, "--base-bin", mine, "--head-bin", mine, *ACK, "--out",
                   self.out, "--seconds=1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=environment()) as run:
            time.sleep(1.5)
            run.send_signal(signal.SIGINT)
            _, stderr = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130, stderr)
        self.assertEqual([path.name for path in self.folder.iterdir()], [mine.name])
        self.assertEqual([exe for exe in map(executable, pathlib.Path("/proc").glob("[0-9]*"))
                          if exe == str(mine)], [])


CMAKE = """cmake_minimum_required(VERSION 3.20)
project(tiny NONE)
add_custom_target(minitalk-bench COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_SOURCE_DIR}/what
                  ${CMAKE_BINARY_DIR}/bin/minitalk-bench)
"""
PRESETS = """{"version": 6, "configurePresets": [{"name": "release", "generator": "Ninja",
              "binaryDir": "${sourceDir}/build"}]}"""


class BuildsTest(FolderTest):
    """On a repository whose bench is built in no time."""

    def setUp(self):
        super().setUp()
        for name, text in (("CMakeLists.txt", CMAKE), ("CMakePresets.json", PRESETS),
                           ("what", "first"), (".gitignore", "build/")):
            (self.folder / name).write_text(text)
        self.git("init", "--quiet")
        self.git("add", ".")
        self.commit()
        self.builder = builds.Builder(self.folder, "release")

    def git(self, *words):
        return subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words],
                              cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def commit(self):
        self.git("commit", "--quiet", "--no-gpg-sign", "--all", "-m", "x")

    def worktrees(self):
        return len(self.git("worktree", "list").splitlines())

    def test_a_commit_and_the_working_tree(self):
        (self.folder / "what").write_text("second")
        base = self.builder.bench_of("HEAD")
        self.assertEqual(base.read_text(), "first")
        self.assertEqual(self.builder.bench_of("worktree").read_text(), "second")
        self.assertEqual(self.worktrees(), 1)
        base.write_text("kept")  # so that one sees whether it is built again
        self.assertEqual(self.builder.bench_of("HEAD").read_text(), "kept")
        self.commit()
        self.assertEqual(self.builder.bench_of("HEAD").read_text(), "second")

    def test_a_commit_that_does_not_build(self):
        self.git("rm", "--quiet", "what")
        self.commit()
        with self.assertRaisesRegex(processes.Failed, "failed in"):
            self.builder.bench_of("HEAD")
        self.assertEqual(self.worktrees(), 1)
        self.assertFalse((self.folder / "build" / "perf").exists())


class UsageTest(FolderTest):
    def test_usage_errors(self):
        for words in ([], ["--nonsense"], ["--base", "a", "b.json", "c.json"], ["one.json"],
                      ["a", "b", "c"], ["--base-bin", "x"], ["--head", "x"], ["--base", "x",
                      "--delta=0"], ["--base", "x", "--max-pairs=9"], ["--base", "x", "--suite=y"],
                      ["--base", "x", "--cases=("], ["--base", "x", "--cases=nonsense"],
                      ["--base", "x", "--seed=-1"]):
            run = check(*words)
            self.assertEqual(run.returncode, 64, (words, run.stderr))
            self.assertTrue(run.stderr.startswith("perf_check.py: "), run.stderr)

    def test_help(self):
        run = check("--help")
        self.assertEqual(run.returncode, 0)
        self.assertIn("exit status:", run.stdout)

    def test_an_unknown_commit(self):
        run = check("--base", "no-such-ref", "--out", self.out)
        self.assertEqual(run.returncode, 1)
        self.assertIn("no-such-ref", run.stderr)


class FilesTest(FolderTest):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "bench.json"
            subprocess.run([BENCH, "--sizes=16", "--benchmark_filter=^ack/16/text/same/sleep$",
                            "--seconds=0.01", "--benchmark_repetitions=12",
                            f"--benchmark_out={path}"], stdin=subprocess.DEVNULL, timeout=120,
                           capture_output=True, check=True)
            cls.measured = json.loads(path.read_text())

    def against(self, change, *words):
        """Compares the measured file with one in which something was changed."""
        document = copy.deepcopy(self.measured)
        change(document)
        paths = [self.folder / name for name in ("before.json", "after.json")]
        for path, content in zip(paths, (self.measured, document)):
            path.write_text(json.dumps(content))
        return check(*paths, "--out", self.out, *words)

    def test_a_file_against_itself(self):
        run = self.against(lambda document: None)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.document()["mode"], "files")

    def test_fewer_repetitions_than_an_interval_wants(self):
        def few(document):
            for one in (document, self.measured):
                del one["benchmarks"][0]["samples"][5:]
        self.addCleanup(setattr, type(self), "measured", copy.deepcopy(self.measured))
        run = self.against(few)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.document()["cases"][0]["verdict"], "inconclusive")

    def test_a_slower_file_is_told_and_fails_nothing(self):
        def slower(document):
            """Also makes both calm: this is about files and not about noise."""
            for one in (document, self.measured):
                for sample in one["benchmarks"][0]["samples"]:
                    sample["bytes_per_second"] = 1000 if one is document else 2000
                    sample["floor_before_ns"] = sample["floor_after_ns"] = 5000
        self.addCleanup(setattr, type(self), "measured", copy.deepcopy(self.measured))
        run = self.against(slower)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.document()["cases"][0]["confirmation"], "impossible")
        self.assertIn("cannot be measured again", run.stdout)

    def test_more_signals_and_damage_are_regressions(self):
        def more_signals(document):
            for sample in document["benchmarks"][0]["samples"]:
                sample["signals_to_sender"] *= 2

        def damage(document):
            document["benchmarks"][0]["samples"][0]["messages_failed"] = 1
        for change in (more_signals, damage):
            self.assertEqual(self.against(change).returncode, 2)

    def test_other_machines_are_refused(self):
        for key in ("cpu_model", "kernel"):
            def moved(document, key=key):
                document["context"][key] = "another"
            run = self.against(moved)
            self.assertEqual(run.returncode, 1, run.stdout)
            self.assertIn(key, run.stderr)
            self.assertIn("--force", run.stderr)
            self.assertFalse(self.out.exists())
            self.assertEqual(self.against(moved, "--force").returncode, 0)
            self.out.unlink()

    def test_other_placements_are_refused(self):
        def moved(document):
            row = document["benchmarks"][0]
            row.update(name="ack/16/text/cross/sleep", pin="cross")
        run = self.against(moved)
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertIn("placed differently", run.stderr)
        self.assertEqual(self.against(moved, "--force").returncode, 0)

    def test_rows_of_somebody_else_s_are_left_out_and_told(self):
        def with_theirs(document):
            theirs = copy.deepcopy(document["benchmarks"][0])
            theirs.update(name="alice/16/text/same/own", kind="external", protocol="alice")
            document["benchmarks"].append(theirs)
        run = self.against(with_theirs)
        self.assertEqual(run.returncode, 0, run.stderr)
        lines = [line for line in run.stdout.splitlines() if "alice" in line]
        self.assertEqual(len(lines), 1, run.stdout)
        self.assertIn("alice/16/text/same/own is left out: a third-party pair", lines[0])

        def only_theirs(document):
            with_theirs(document)
            del document["benchmarks"][0]
        run = self.against(only_theirs)
        self.assertEqual(run.returncode, 1)
        self.assertIn("no row of minitalk's own in common", run.stderr)

    def test_what_is_no_result_is_named(self):
        broken = self.folder / "broken.json"
        for text in ("{", "[]", "{}", '{"context": {}, "benchmarks": 3}'):
            broken.write_text(text)
            run = check(broken, broken, "--out", self.out)
            self.assertEqual(run.returncode, 1)
            self.assertIn("broken.json", run.stderr)
