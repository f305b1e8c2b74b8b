"""Completion in real shells: what bash and zsh offer for the real programs."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from commands import TIMEOUT, run, started
from paths import BIN, SOURCE
from shell_terminal import OnTerminal

BASH = SOURCE / "packaging/completions" / "minitalk.bash"
OURS = {"./server": "server", "./client": "client"}
PROGRAMS = ["./server", "./client", "minitalk-bench", "minitalk-verify", "minitalk-carrier",
            "minitalk-pair"]
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
        for program in PROGRAMS:
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
        shell.type(f"PS1='% '; unsetopt beep; fpath=({SOURCE}/packaging/completions $fpath)\n"
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
        for program in PROGRAMS:
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
