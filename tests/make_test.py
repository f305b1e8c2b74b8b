"""The Makefile: a leading ~, where pictures go, what is not to be written, folders that belong to
others. Run in a copy whose path has a blank, without git, and as a user without rights to it."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from commands import run, SOURCE, TIMEOUT

PATHS = ("BUILD", "RESULT", "SERVER", "CLIENT", "DIR", "MANIFEST", "OUT", "PREFIX", "DESTDIR")
NOBODY = 65534
# Of a make that runs this test, and of what a person may have set.
FOREIGN = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ARGS", "PRESET", "NINJAFLAGS",
           "KEEP", *PATHS}
# No cache of compilations, which another user may not write to.
ENVIRONMENT = {**{name: value for name, value in os.environ.items()
                  if name not in FOREIGN and "LAUNCHER" not in name}, "MINITALK_NO_INSTALL": "1"}
# Stands for minitalk-bench, and lab plot.
BENCH = '#!/bin/sh\nfor word; do\n' \
        'case "$word" in --benchmark_out=*) echo run >"${word#*=}" ;; esac\ndone\n'
PLOT = 'import pathlib, sys\nfolder = pathlib.Path(sys.argv[3])\n' \
       'folder.mkdir(exist_ok=True)\n(folder / "one.png").write_text(sys.argv[2])\n'


class MakeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)
        self.tree = self.folder / "a tree"

    def make(self, *words, tree=SOURCE, user=None, **environment):
        return subprocess.run(["make", "--no-print-directory", *words], cwd=tree, user=user,
                              group=user, env={**ENVIRONMENT, **environment}, capture_output=True,
                              stdin=subprocess.DEVNULL, text=True, timeout=TIMEOUT, check=False)

    def made(self, *words, **more):
        done = self.make(*words, **more)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def copy(self):
        """What git has, in short: everything but what is built and measured."""
        shutil.copytree(SOURCE, self.tree, symlinks=True, ignore=shutil.ignore_patterns(
            ".git", "build", "server", "client", "latest.json", "plots", "__pycache__"))
        # The pictures' code has that name too.
        shutil.copytree(SOURCE / "scripts/minitalk/plots", self.tree / "scripts/minitalk/plots")


class Homes(MakeTest):
    def shown(self, value, **environment):
        """What the targets see of each path, by the command line or by the environment."""
        words = [] if environment else [f"{name}={value}" for name in PATHS]
        rule = "show: ; @printf '%s\\n' " + " ".join(f'"$$$${name}"' for name in PATHS)
        return set(self.made("--eval", rule.replace("$$$$", "$$"), "show", *words, HOME="/h o",
                             **environment).splitlines())

    def test_a_leading_tilde_is_the_home(self):
        for value, wanted in (("~/x", "/h o/x"), ("~", "/h o"), ("~/a  b/~/c#d", "/h o/a  b/~/c#d"),
                              ("/a/~/b", "/a/~/b"), ("a ~/b", "a ~/b"), ("~x/y", "~x/y")):
            with self.subTest(value):
                self.assertEqual(self.shown(value), {wanted})

    def test_from_the_environment(self):
        self.assertIn("/h o/run.json", self.shown("", RESULT="~/run.json"))

    def test_the_build_folder(self):
        self.assertIn('"/h/b/bin/minitalk-bench"', self.made("-n", "bench", "BUILD=~/b", HOME="/h"))


class Help(MakeTest):
    def test_fits_80_columns_and_names_what_has_a_status(self):
        lines = self.made("help").splitlines()
        self.assertEqual([line for line in lines if len(line) > 80], [])
        text = "\n".join(lines)
        for word in ("make pair", "BUILD=", "RESULT=", "make ends with 2", "scripts/grade.py",
                     "scripts/perf_check.py", "scripts/interop.py"):
            self.assertIn(word, text)


class Pictures(MakeTest):
    """With a bench and a plotter that only write a word."""

    def setUp(self):
        super().setUp()
        shutil.copytree(SOURCE / "scripts", self.tree / "scripts")
        (self.tree / "results").mkdir()
        (self.tree / "scripts" / "lab").write_text(PLOT)
        self.bench = self.tree / "bench"
        self.bench.write_text(BENCH)
        self.bench.chmod(0o755)

    def run_bench(self, result, arguments=""):
        said = run("scripts/bench.sh", self.bench, cwd=self.tree,
                   env={**ENVIRONMENT, "RESULT": result, "ARGS": arguments})
        return said.splitlines()

    def files(self):
        return sorted(str(path.relative_to(self.tree / "results"))
                      for path in (self.tree / "results").rglob("*") if path.is_file())

    def test_another_result_has_pictures_of_its_own(self):
        said = self.run_bench("results/my run.json", "--benchmark_filter=ack")
        self.assertEqual(self.files(), ["my run-plots/one.png", "my run.json"])
        self.assertIn("`make report RESULT=results/my\\ run.json`", said[-1])

    def test_a_filtered_run_leaves_those_of_the_full_one(self):
        said = self.run_bench("results/latest.json")
        self.assertIn("`make report`", said[-1])
        full = ["full-plots/one.png", "full.json", "latest.json", "plots/one.png"]
        self.assertEqual(self.files(), full)
        (self.tree / "results" / "full.json").write_text("full")
        self.assertIn("results/full-plots", self.run_bench("results/latest.json", "-x")[-1])
        self.assertEqual((self.files(), (self.tree / "results" / "full.json").read_text()),
                         (full, "full"))

    def test_what_measures_nothing_draws_nothing(self):
        self.bench.write_text("#!/bin/sh\n")
        self.assertEqual((self.run_bench("results/latest.json", "--help"), self.files()), ([], []))


class Others(MakeTest):
    """A folder that the user may read only."""

    def setUp(self):
        super().setUp()
        self.copy()
        self.user = NOBODY if os.geteuid() == 0 else None
        # Root's own folders are closed to nobody; anybody else closes their own.
        mode = "go=rX" if self.user else "a-w"
        run("chmod", "-R", mode, self.tree)
        self.addCleanup(run, "chmod", "-R", "u+w", self.tree)
        self.scratch = self.folder / "scratch"
        self.scratch.mkdir()
        self.scratch.chmod(0o777)

    def refused(self, *words):
        done = self.make(*words, tree=self.tree, user=self.user)
        self.assertEqual(done.returncode, 2, done.stdout)
        said = [line for line in (done.stdout + done.stderr).splitlines()
                if not line.startswith("make")]
        self.assertEqual(len(said), 1, said)
        return said[0]

    def test_each_says_what_to_do(self):
        for words, remedy in ((["pair"], "make BUILD="), ([], "make BUILD="),
                              (["test"], "make test BUILD="), (["bench"], "make bench RESULT="),
                              (["verify"], "make verify OUT="),
                              (["bench", f"RESULT={self.scratch}/x"], "make BUILD=")):
            with self.subTest(words):
                self.assertIn(remedy, self.refused(*words))

    def test_a_build_folder_elsewhere(self):
        """Configured for real; of building it is only seen that it would begin."""
        build = self.scratch / "b c"
        for goal in ("pair", "all"):
            with self.subTest(goal):
                said = self.made(goal, f"BUILD={build}", "NINJAFLAGS=-n", tree=self.tree,
                                 user=self.user)
                self.assertIn(f"the programs are in {build}/bin", said)
                self.assertEqual("bin/minitalk-bench" in (build / "build.ninja").read_text(),
                                 goal == "all")

    def test_a_build_folder_of_another_tree(self):
        build = self.scratch / "build"
        build.mkdir()
        build.chmod(0o777)
        (build / "CMakeCache.txt").write_text("CMAKE_HOME_DIRECTORY:INTERNAL=/other\n")
        self.assertIn("was made for /other", self.refused("pair", f"BUILD={build}"))


class Python(MakeTest):
    def test_debians_is_found_without_one_on_the_path(self):
        words = "awk basename bash cat dirname env git grep make printf python sh uname xargs"
        for name in words.split():
            if found := shutil.which(name):
                (self.folder / name).symlink_to(found)
        self.assertIsNone(shutil.which("python3", path=self.folder))
        self.assertIn("| siginfo |", self.made("export", "RESULT=results/reference.json",
                                               PATH=str(self.folder)))


class Commit(MakeTest):
    def test_of_a_clone_of_somebody_else_it_is_unknown(self):
        header = self.folder / "commit.h"
        run("cmake", "-D", f"SOURCE={SOURCE}", "-D", f"HEADER={header}", "-P",
            SOURCE / "bench" / "commit.cmake",
            env={**ENVIRONMENT, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1",
                 "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"})
        self.assertIn('kGitCommit = "unknown"', header.read_text())


class Tracked(MakeTest):
    def test_what_the_targets_write_by_default_is_not_in_git(self):
        if not (SOURCE / ".git").exists():
            self.skipTest("no clone")
        names = ["latest.json", "full.json", "plots/a.png", "full-plots/a.png", "my-plots/a.png",
                 "history.jsonl", "faults.json", "faults.md", "report.html", "my-report.html"]
        git = ["git", "-c", f"safe.directory={SOURCE}", "-C", SOURCE]
        paths = [f"results/{name}" for name in names]
        self.assertEqual(run(*git, "check-ignore", *paths).split(), paths)
        self.assertEqual(run(*git, "ls-files", "-i", "-c", "--exclude-standard"), "")
