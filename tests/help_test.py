"""What programs say of themselves: --help with examples first, the man pages, whose lists are
generated (repository_test) and whose synopsis and references are not, and what bash and zsh offer
for them, asked in real shells."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from commands import BIN, OnTerminal, run, SOURCE, started, TIMEOUT

PROGRAMS = sorted(path.name for path in BIN.iterdir())
INSTALLED = {name: f"minitalk-{name}" for name in PROGRAMS if not name.startswith("minitalk-")}
INSTALLED_SCRIPTS = ["grade", "interop", "report"]
SCRIPTS = ["grade.py", "interop.py", "perf_check.py", "lab perf-trial", "lab instructions",
           "lab export", "lab history", "lab plot", "lab report"]
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


BASH = SOURCE / "packaging/completions" / "minitalk.bash"
OURS = {"./server": "server", "./client": "client"}
COMPLETED = ["./server", "./client", "minitalk-bench", "minitalk-verify", "minitalk-carrier",
             "minitalk-pair", "minitalk-explore", "minitalk-kernel-check"]
ENVIRONMENT = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "TERM": "xterm", "LC_ALL": "C"}

ASK = """source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_minitalk
printf '%s\\n' "${COMPREPLY[@]}"
"""


def of_program(program, *words):
    return run(BIN / OURS.get(program, program), *words)


def options_of(program):
    return re.findall(r"^  (?:-h,)?(--[a-z_-]+)", of_program(program, "--help"), re.MULTILINE)


def protocols():
    return re.findall(r"^([\w-]+)", of_program("./client", "--list-protocols"), re.MULTILINE)


def bash_offers(*words, folder=BIN):
    """For the last of these words, in the pieces that readline would cut."""
    done = subprocess.run(["bash", "--norc", "-c", ASK, "bash", BASH, *words], cwd=folder,
                          env=ENVIRONMENT, capture_output=True, text=True, timeout=TIMEOUT,
                          check=True)
    assert not done.stderr, done.stderr
    return done.stdout.split()


@contextlib.contextmanager
def running_server(*options):
    """Its pid, as text."""
    with started(BIN / "server", *options) as server:
        yield server.stdout.readline().strip()


class Bash(unittest.TestCase):
    def test_all_options_of_help(self):
        for program in COMPLETED:
            self.assertEqual(bash_offers(program, "--"), options_of(program))
        self.assertEqual(bash_offers("./client", "1234", "--ti"), ["--timeout"])
        self.assertEqual(bash_offers("./client", "--nonsense"), [])

    def test_values(self):
        self.assertEqual(bash_offers("./client", "--wait", ""), ["spin", "sleep", "auto"])
        self.assertEqual(bash_offers("./client", "--wait", "s"), ["spin", "sleep"])
        self.assertEqual(bash_offers("minitalk-carrier", "--pin", "=", "c"), ["cross"])
        self.assertEqual(bash_offers("minitalk-bench", "--benchmark_format", "="),
                         ["console", "json"])
        self.assertEqual(bash_offers("./client", "--timeout", ""), [])

    def test_protocols_are_those_of_the_program(self):
        self.assertEqual(bash_offers("./client", "1234", "--protocol", ""), ["auto", *protocols()])
        self.assertEqual(bash_offers("./client", "--protocol", "=", "l"), ["lanes"])
        self.assertEqual(bash_offers("./client", "--protocol", "usleep", ":", "2"), [])
        rows = bash_offers("minitalk-bench", "--benchmark_filter", "=", "")
        for name in (*protocols(), "pipe"):
            self.assertIn(f"^{name}/", rows)
        self.assertIn("check-then-pause", bash_offers("minitalk-verify", "--replay", ""))
        self.assertIn("^ack/", bash_offers("minitalk-verify", "--filter", "^a"))

    def test_carriers(self):
        carriers = re.findall(r"^([\w-]+)", of_program("minitalk-carrier", "--list"), re.MULTILINE)
        self.assertEqual(bash_offers("minitalk-carrier", ""), carriers)
        self.assertEqual(bash_offers("minitalk-carrier", "--steps", "--pin", "same", "po"),
                         ["posixmq"])
        self.assertEqual(bash_offers("minitalk-carrier", "pipe", ""), [])

    def test_classic_formats(self):
        words = bash_offers("./server", "--classic", "")
        for word in ("detect", "msb", "len64", "ack=none", "pause="):
            self.assertIn(word, words)
        self.assertEqual(bash_offers("./client", "--classic", "lsb,len"),
                         ["lsb,len32", "lsb,len64"])
        self.assertEqual(bash_offers("./client", "--classic", "lsb,usr1", "=", "0,nu"), ["0,nul"])

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "picture.png").touch()
            path = f"{folder}/pic"
            for words in (("./client", "--file", path), ("./server", "--pidfile", path),
                          ("minitalk-bench", "--benchmark_out", "=", path)):
                self.assertEqual(bash_offers(*words), [f"{folder}/picture.png"])

    def test_pids_of_servers(self):
        for options in ([], ["--classic", "detect"]):
            with running_server(*options) as pid:
                self.assertIn(pid, bash_offers("./client", ""))
                self.assertIn(pid, bash_offers("./client", "--wait", "=", "spin", "--stats", pid))
                self.assertNotIn(pid, bash_offers("./client", pid, ""))

    def test_a_client_of_somebody_else_is_not_started(self):
        with tempfile.TemporaryDirectory() as folder:
            theirs = pathlib.Path(folder) / "client"
            theirs.write_text("#!/bin/sh\ntouch started\necho '  --trap'\n")
            theirs.chmod(0o755)
            for words in (("./client", ""), ("./client", "--"), ("./no-such/client", "--")):
                self.assertEqual(bash_offers(*words, folder=folder), [])
            self.assertEqual(os.listdir(folder), ["client"])

    def test_a_person_types(self):
        with OnTerminal(["bash", "--norc", "--noprofile", "-i"], cwd=BIN,
                        env={**ENVIRONMENT, "INPUTRC": "/dev/null"}) as shell:
            shell.type(f"source {BASH}\n")
            shell.type("./server --pidf\t/nowhere/x --onc\t --ec\t --help >/dev/null; "
                       "echo $((6*7))\n")
            shell.await_text("./server --pidfile /nowhere/x --once  --echo  --help")
            shell.await_text("\r42\r\n")


@unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
class Zsh(unittest.TestCase):
    def shell(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        shell = OnTerminal(["zsh", "-f", "-i"], cwd=BIN,
                           env={**ENVIRONMENT, "HOME": folder.name, "ZDOTDIR": folder.name})
        shell.type(f"PS1='% '; unsetopt beep; fpath=('{SOURCE}/packaging/completions' $fpath)\n"
                   "autoload -Uz compinit; compinit -u -D; echo ready $((6*7))\n")
        shell.await_text("ready 42")
        shell.seen = ""
        return shell

    def offers(self, typed, *expected):
        with self.shell() as shell:
            shell.type(typed + "\t")
            for text in expected:
                shell.await_text(text)
            return shell.seen

    def test_it_is_well_formed(self):
        run("zsh", "-n", SOURCE / "packaging/completions" / "_minitalk")

    def test_all_options_of_help(self):
        for program in COMPLETED:
            self.offers(f"{program} --", *options_of(program))

    def test_names_and_values(self):
        self.offers("./client --protocol ", "auto", *protocols())
        self.offers("./client --wait=", "spin", "sleep", "auto")
        # The first tab writes what all have in common, which is the ^.
        self.offers("minitalk-bench --benchmark_filter=\t", "^ack/", "^pipe/")
        self.offers("minitalk-carrier ", "posixmq", "shm-spin")
        self.offers("./server --classic lsb,", "len32", "ack=none")
        self.offers("./server --pidf", "./server --pidfile")

    def test_pids_of_servers(self):
        with running_server() as pid:
            # Where other servers run, too, the first tab may write what their pids have in common.
            self.offers("./client \t", pid)
