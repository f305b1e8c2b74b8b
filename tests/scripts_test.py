"""Scripts as one calls them: from any folder, with the Python that they need wherever it is, and in
one line where there is none."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from paths import SOURCE

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
