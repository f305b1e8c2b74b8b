"""What programs say of themselves: --help with examples first, and the man pages, whose lists are
generated (docs_test) and whose synopsis and references are not."""
import re
import shutil
import subprocess
import sys
import unittest

from commands import TIMEOUT, run
from paths import BIN, SOURCE

PROGRAMS = sorted(path.name for path in BIN.iterdir())
INSTALLED = {name: f"minitalk-{name}" for name in PROGRAMS if not name.startswith("minitalk-")}
INSTALLED_SCRIPTS = ["grade", "interop", "report"]
SCRIPTS = ["grade.py", "interop.py", "perf_check.py", "lab perf-trial", "lab export",
           "lab history", "lab plot", "lab report"]
COMMANDS = {"lab history": ["add", "plot"]}  # which have a help of their own
DESCRIBED = [*PROGRAMS, *(f"minitalk-{name}" for name in INSTALLED_SCRIPTS)]  # in a page each
MAN = SOURCE / "packaging/man"
PAGES = sorted(MAN.iterdir())


def help_of(program):
    script = program.removeprefix("minitalk-")
    if script in INSTALLED_SCRIPTS:
        return run(sys.executable, SOURCE / "scripts" / "lab", script, "--help")
    return run(BIN / program, "--help")


def page_of(program):
    return (MAN / f"{INSTALLED.get(program, program)}.1").read_text()


def options_in(help_text):
    return set(re.findall(r"^ +(?:-h, ?)?(--[a-z_-]+)", help_text, re.MULTILINE))


def section(page, title):
    """The lines of a man page below a heading."""
    return re.search(rf"^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)", page, re.MULTILINE | re.DOTALL)[1]


class Refusals(unittest.TestCase):
    """What every program does with a command line that is wrong."""

    def refused(self, program, *words, **options):
        result = subprocess.run([BIN / program, *words], capture_output=not options, text=True,
                                timeout=TIMEOUT, **options)
        self.assertEqual(result.returncode, 64, result.stderr)
        return result.stderr

    def test_what_was_typed_is_shown_escaped_on_one_line(self):
        for program in PROGRAMS:
            with self.subTest(program):
                said = self.refused(program, "--\x1b[31m\nx")
                self.assertIn(r"--\x1b[31m\nx", said)
                self.assertEqual(said.count("\n"), 1, said)

    def test_an_empty_value_does_not_take_the_next_option_for_it(self):
        for program, option in (("server", "--pidfile"), ("client", "--file"),
                                ("minitalk-bench", "--benchmark_out"), ("minitalk-verify", "--out"),
                                ("minitalk-carrier", "--file")):
            with self.subTest(program):
                said = self.refused(program, f"{option}=", "--version")
                self.assertIn(f"{option} needs a value (", said)
                self.assertIn(f"{option} needs a value (", self.refused(program, option))

    def test_flags_take_no_value(self):
        for program in PROGRAMS:
            for flag in ("--help", "--version"):
                with self.subTest(program, flag=flag):
                    self.assertIn(f"{flag} takes no value", self.refused(program, f"{flag}=foo"))
        self.refused("server", "--once=1")
        self.refused("client", "1234", "x", "--stats=3")
        self.refused("minitalk-carrier", "pipe", "--steps=1")
        self.refused("minitalk-verify", "--list=1")
        self.refused("minitalk-bench", "--benchmark_list_tests=3")
        self.assertEqual(run(BIN / "minitalk-bench", "--benchmark_list_tests=true"),
                         run(BIN / "minitalk-bench", "--benchmark_list_tests"))

    def test_only_help_and_h_alone_show_help(self):
        for program in PROGRAMS:
            self.assertEqual(run(BIN / program, "-h"), help_of(program))
            with self.subTest(program):
                self.assertNotIn("Usage:", self.refused(program, "-hello"))

    def test_words_are_named_in_the_order_in_which_they_were_typed(self):
        said = self.refused("client", "1234", "hello", "--protocl", "ack")
        self.assertIn('there is no option "--protocl" (did you mean "--protocol"?)', said)
        self.assertIn("put -- before a message", said)
        self.assertIn('unexpected "b" "c"', self.refused("client", "1234", "a", "b", "c"))
        self.assertIn('unexpected "x" "y"', self.refused("server", "x", "y"))

    def test_a_standard_error_that_takes_nothing_ends_no_program(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            for program in PROGRAMS:
                with self.subTest(program):
                    self.refused(program, "--nonsense", stderr=full)

    def test_a_standard_output_that_takes_nothing_is_told(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            for program, option in (*((program, "--help") for program in PROGRAMS),
                                    ("client", "--list-protocols"), ("minitalk-carrier", "--list"),
                                    ("minitalk-verify", "--list"),
                                    ("minitalk-bench", "--benchmark_list_tests")):
                with self.subTest(program, option=option):
                    done = subprocess.run([BIN / program, option], stdout=full, text=True,
                                          stderr=subprocess.PIPE, timeout=TIMEOUT, check=False)
                    self.assertEqual(done.returncode, 74)
                    self.assertIn(f"{program}: standard output cannot be written", done.stderr)

    def test_numbers_that_are_none(self):
        for option in ("--seconds", "--limit", "--budget"):
            with self.subTest(option):
                self.refused("minitalk-bench", option, "nan", "--benchmark_list_tests")
        self.refused("minitalk-verify", "--message", "01", "--list")


class Help(unittest.TestCase):
    def check_examples(self, help_text, called, before):
        """Some lines that begin with the program, above its options, and with no others."""
        top = help_text.partition(before)[0]
        examples = [line for line in top.splitlines()
                    if re.match(rf" +(\w+ \| )?{re.escape(called)} ", line)]
        self.assertGreaterEqual(len(examples), 1, help_text)
        for option in re.findall(r"(--[a-z_-]+)", "\n".join(examples)):
            self.assertIn(option, options_in(help_text))
        return top

    def test_programs(self):
        for program in PROGRAMS:
            with self.subTest(program):
                called = f"./{program}" if program in INSTALLED else program
                self.check_examples(help_of(program), called, "Usage:")
                self.assertRegex(run(BIN / program, "--version"), r"^minitalk \d+\.\d+\.\d+\n$")

    def test_lines_fit_a_terminal(self):
        for program in PROGRAMS:
            for line in help_of(program).splitlines():
                self.assertLessEqual(len(line), 80, (program, line))
        for line in run("make", "-s", "-C", SOURCE, "help").splitlines():
            self.assertLessEqual(len(line), 80, line)

    def test_scripts(self):
        targets = set(re.findall(r"^([a-z-]+):", (SOURCE / "Makefile").read_text(), re.MULTILINE))
        for script in SCRIPTS:
            with self.subTest(script):
                words = f"{SOURCE}/scripts/{script}".split()
                first = run(sys.executable, *words, "--help")
                whole = first + "".join(run(sys.executable, *words, command, "--help")
                                        for command in COMMANDS.get(script, ()))
                arguments = r"^(?:options|positional arguments|what [^\n]*):$"
                heading = re.search(arguments, whole, re.MULTILINE)[0]
                top = self.check_examples(whole, f"scripts/{script}", f"\n{heading}")
                for target in re.findall(r"^ +make ([a-z-]+)", top, re.MULTILINE):
                    self.assertIn(target, targets)

    def test_examples_are_what_one_has_to_type(self):
        for program, installed in INSTALLED.items():
            shown = run(installed, "--help", executable=BIN / program)
            self.assertNotIn("./", shown)
            for other in INSTALLED.values():
                self.assertIn(other, shown)

    def test_errors_name_the_program_that_was_called(self):
        for program, installed in INSTALLED.items():
            for called in (program, installed):
                done = subprocess.run([called, "--nonsense"], executable=BIN / program, text=True,
                                      capture_output=True, timeout=TIMEOUT, check=False)
                self.assertEqual(done.returncode, 64)
                self.assertRegex(done.stderr, rf"\A{called}: .*; see {called} --help\n\Z")


class ManPages(unittest.TestCase):
    def test_there_is_one_for_each_program(self):
        names = {INSTALLED.get(program, program) + ".1" for program in DESCRIBED}
        self.assertEqual({page.name for page in PAGES}, names | {"minitalk.7"})

    def test_the_synopsis_has_no_other_options(self):
        for program in DESCRIBED:
            named = set(re.findall(r"Fl (-[a-z_-]+)", section(page_of(program), "SYNOPSIS")))
            self.assertLessEqual({f"-{name}" for name in named}, options_in(help_of(program)))

    def test_pages_refer_to_pages_that_exist(self):
        for page in PAGES:
            for name, number in re.findall(r"\.Xr (minitalk\S*) (\d)", page.read_text()):
                self.assertTrue((MAN / f"{name}.{number}").exists(), (page.name, name))

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_groff_has_no_complaint(self):
        for page in PAGES:
            done = subprocess.run(["groff", "-mdoc", "-Tutf8", "-ww", page], capture_output=True,
                                  text=True, timeout=TIMEOUT, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), page.name)
            self.assertIn("minitalk", done.stdout)

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_mandoc_has_no_complaint(self):
        for page in PAGES:
            done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True,
                                  text=True, timeout=TIMEOUT, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, ""), page.name)
