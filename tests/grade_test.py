"""The grader on real pairs: those with one known fault each are judged exactly right, our own
pair is all OK, and whatever a pair does, it ends as documented and leaves no process behind."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

import jsonschema

from commands import BUILD, PAIRS, SOURCE

TOOL = SOURCE / "scripts" / "grade.py"
# Long messages and the bench take long; what they find, shorter checks find too.
QUICK = ["--skip=^(rank|schedules|spam|memory|15x|10x|20000-|100000|longest|spread|busy|leaks)"]
# Where a pair's own fault shows, and what has to be right all the same.
BRIEF = ["--only=^(pid$|1-char|1000-|printable|utf-8|format|empty|two-at|four-at|client-killed|"
         "fragment|survival|control|recycled)"]


def command(*words):
    return [sys.executable, TOOL, *words]


def processes_below(folder):
    """The pids of what runs a program of that folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "exe").startswith(f"{folder}/"):
                found.append(int(entry.name))
        except OSError:
            pass
    return found


class GradeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.out = self.folder / "grade.json"

    def grade(self, *words):
        """(process, document or None)."""
        run = subprocess.run(command("--out", self.out, "--bench", BUILD / "bin" / "minitalk-bench",
                                     *words), stdin=subprocess.DEVNULL,
                             text=True, capture_output=True, timeout=200, check=False)
        document = json.loads(self.out.read_text()) if self.out.exists() else None
        return run, document

    def kos(self, *words):
        """The names of the checks that are KO, with the whole document."""
        run, document = self.grade(*words)
        self.assertIsNotNone(document, run.stdout + run.stderr)
        names = {check["name"] for check in document["checks"] if check["status"] == "KO"}
        self.assertEqual(run.returncode, 1 if names else 0, run.stdout + run.stderr)
        return names, document

    def told(self, document):
        return [(check["name"], check["reason"]) for check in document["checks"]
                if check["status"] == "KO"]

    def check_of(self, document, name):
        return next(check for check in document["checks"] if check["name"] == name)

    def script(self, name, text):
        """A program of a few lines."""
        path = self.folder / name
        path.write_text(f"#!{sys.executable}\n" + textwrap.dedent(text))
        path.chmod(0o755)
        return str(path)


class KnownPairsTest(GradeTest):
    """Which checks of a pair are KO: no other, and none less."""

    def judged(self, name, *words):
        names, document = self.kos("--manifest", PAIRS / name / "manifest.json",
                                   "--budget=100", *words)
        self.assertEqual(processes_below(PAIRS / name), [])
        return names, document

    def test_correct(self):
        names, document = self.judged("correct", *QUICK)
        self.assertEqual(names, set(), self.told(document))
        schema = json.loads((SOURCE / "results" / "grade.schema.json").read_text())
        jsonschema.validate(document, schema)
        self.assertIn("correct", self.out.with_suffix(".md").read_text())
        self.assertFalse(self.out.with_suffix(".svg").exists(), "a badge of a partial run")

    def test_racy(self):
        names, document = self.judged("racy", "--only=^(pid$|1000-|acknowl|10000-)")
        self.assertIn("10000-characters", names)
        self.assertNotIn("pid", names)
        told = self.check_of(document, "10000-characters")
        self.assertIn("it hangs", told["reason"])
        self.assertIn("lost wake-up", told["cause"])

    def test_leaky(self):
        names, document = self.judged("leaky", "--only=^(pid$|1000-|empty|spam|memory|leaks)",
                                      "--budget=30")
        leaks = self.check_of(document, "leaks")
        self.assertEqual(names, {"memory"} | ({"leaks"} if leaks["status"] != "SKIP" else set()))
        self.assertIn("free", self.check_of(document, "memory")["cause"])

    def test_unacknowledged(self):
        names, document = self.judged(
            "unacknowledged", "--only=^(pid$|1-char|acknowledged|signals-only|empty|10000-)")
        # On a loaded machine it loses bits of the shortest messages, too, and is told so.
        self.assertEqual(names - {"1-character", "empty"}, {"10000-characters"})
        told = self.check_of(document, "10000-characters")
        # Where each pause takes twenty times as long as asked for, it is given up before its end.
        if "too long" not in told["reason"]:
            self.assertIn("coalesce", told["cause"] or "", told["reason"])
        self.assertIn(self.check_of(document, "acknowledged")["status"], ("INFO", "SKIP"))

    def test_a_schedule_that_breaks_a_pair_is_a_warning(self):
        names, document = self.judged("racy", "--only=^schedules$")
        told = self.check_of(document, "schedules")
        self.assertEqual((names, told["status"]), (set(), "WARN"))
        self.assertIn("deadlock", told["reason"])
        self.assertIn("client handles USR1 just before pause()", told["cause"])
        _, document = self.judged("correct", "--only=^schedules$")
        self.assertEqual(self.check_of(document, "schedules")["status"], "OK")

    def test_partial(self):
        names, document = self.judged("partial", *BRIEF)
        self.assertEqual(names, {"fragment", "two-at-once", "four-at-once"}, self.told(document))

    def test_crashes_on_empty(self):
        names, document = self.judged("crashes_on_empty", *BRIEF)
        self.assertEqual(names, {"empty", "survival"}, self.told(document))
        self.assertIn("died of SIGSEGV", self.check_of(document, "empty")["reason"])

    def test_a_server_that_a_killed_client_takes_along(self):
        names, document = self.judged("exits", "--only=^(pid$|1-char|client-killed|survival)")
        self.assertEqual(names, {"client-killed", "survival"}, self.told(document))
        killed = self.check_of(document, "client-killed")
        self.assertRegex(killed["reason"], "^killed after signal .*status 1: .*the client has gone")
        self.assertEqual((killed["cause"], killed["restarts"]), (None, 1))

    def test_one_kill_in_eight_and_the_recovery(self):
        names, document = self.judged("stale", "--only=^(pid$|1-char|client-killed|survival)")
        self.assertEqual(names, set(), self.told(document))
        killed = self.check_of(document, "client-killed")
        self.assertEqual(killed["status"], "WARN", killed)
        self.assertRegex(killed["reason"], "[1-9] kills before did no harm; recovers after [0-9]")

    def test_what_is_no_fault(self):
        """Lines with something before them, an end for want of clients, a client that waits."""
        names, document = self.judged("prefixed", "--only=^(pid$|1-char|newlines|server-killed|"
                                      "acknowledged|survival)")
        self.assertEqual(names, set(), self.told(document))
        killed = self.check_of(document, "server-killed")
        self.assertRegex(killed["reason"], r"dead one ends after \d")
        self.assertEqual({check["status"] for check in document["checks"]}, {"OK"})

    def test_faults_that_one_check_finds(self):
        for name, check, reason in (
                ("uninitialised", "leaks", r"sa_mask\) .* in handle_hangup \(server.c:\d+\)"),
                ("recycled", "recycled", "behind the short message stands"),
                ("astray", "targets", "SIGCONT to its own process group; .* to pid 2147483647"),
                ("atoi", "pid-junk", 'it takes "1234x"')):
            with self.subTest(name):
                names, document = self.judged(name, f"--only=^(pid$|{check})")
                found = self.check_of(document, check)
                if found["status"] != "SKIP":
                    self.assertEqual(names, {check}, self.told(document))
                    self.assertRegex(found["reason"], reason)


class OurPairTest(GradeTest):
    def test_all_is_ok(self):
        names, document = self.kos("--server", BUILD / "bin" / "server", "--client",
                                   BUILD / "bin" / "client", "--budget=100", *QUICK)
        self.assertEqual(names, set(), self.told(document))


SERVER = """
    import os, signal, time
    signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.signal(signal.SIGUSR2, lambda *_: None)
    print({said}, flush=True)
    while True:
        signal.pause()
"""


class OddPairsTest(GradeTest):
    """Programs that are hardly a pair at all."""

    def pair(self, server, client="pass"):
        return ["--server", self.script("server", server), "--client",
                self.script("client", client), "--budget=30"]

    def nothing_is_left(self):
        """No process runs a script of this test's folder."""
        for entry in pathlib.Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
            except OSError:
                continue
            self.assertNotIn(str(self.folder).encode(), words)

    def test_a_pair_that_hangs(self):
        start = time.monotonic()
        names, document = self.kos(*self.pair(SERVER.format(said="os.getpid()"),
                                              "import signal\nsignal.pause()\n"),
                                   "--only=^(pid$|100-char)")
        self.assertEqual(names, {"100-characters"})
        reason = self.check_of(document, "100-characters")["reason"]
        self.assertIn("nothing arrived; it hangs", reason)
        self.assertLess(time.monotonic() - start, 60)  # a guard: it could have waited for ever
        self.nothing_is_left()

    def test_a_pid_that_is_another(self):
        names, document = self.kos(*self.pair(SERVER.format(said="os.getppid()")), "--only=^pid$")
        self.assertEqual(names, {"pid"})
        self.assertRegex(self.check_of(document, "pid")["reason"],
                         r"it prints \d+, and its pid is \d+")

    def test_a_server_that_prints_nothing(self):
        names, document = self.kos(*self.pair(SERVER.format(said="''")), "--only=^pid$")
        self.assertEqual(names, {"pid"})
        self.assertEqual(self.check_of(document, "pid")["reason"], "nothing was printed")
        self.nothing_is_left()

    def test_a_server_that_ends_at_once(self):
        names, document = self.kos(*self.pair("print('no luck')"), "--only=^(pid$|100-char|empty)")
        self.assertEqual(names, {"pid"})
        self.assertIn("no luck", self.check_of(document, "pid")["reason"])
        self.assertEqual(self.check_of(document, "empty")["status"], "SKIP")

    def test_stray_signals_stay_in_their_namespace(self):
        """A client that signals whatever it is told: this test survives it, and says so."""
        client = ("import os, signal, sys\n"
                  "try:\n    os.kill(int(sys.argv[1]), signal.SIGUSR1)\n"
                  "except (ValueError, OSError):\n    sys.exit(1)\n")
        names, document = self.kos(*self.pair(SERVER.format(said="os.getpid()"), client),
                                   "--only=^(pid-0|pid-minus-1|pid-letters|bystander)$")
        if self.check_of(document, "pid-0")["status"] == "SKIP":
            self.assertIn("namespace", self.check_of(document, "pid-0")["reason"])
            self.skipTest("no pid namespace here")
        self.assertEqual(names, {"pid-0", "pid-minus-1"})
        self.assertIn("own group with SIGUSR1", self.check_of(document, "pid-0")["reason"])
        self.assertIn("another session with SIGUSR1",
                      self.check_of(document, "pid-minus-1")["reason"])
        self.assertEqual(self.check_of(document, "bystander")["status"], "INFO")

    def test_interrupted(self):
        words = self.pair(SERVER.format(said="os.getpid()"), "import time\ntime.sleep(100)\n")
        run = subprocess.Popen(command("--out", self.out, *words), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        client = str(self.folder / "client").encode()
        for _ in range(600):
            if any(client in self.words_of(entry) for entry in pathlib.Path("/proc").iterdir()
                   if entry.name.isdigit() and int(entry.name) != run.pid):
                break
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130, errors)
        self.assertIn("interrupted", errors)
        self.assertFalse(self.out.exists())
        self.nothing_is_left()

    def words_of(self, entry):
        try:
            return (entry / "cmdline").read_bytes()
        except OSError:
            return b""


class UsageTest(GradeTest):
    def test_what_cannot_be_graded(self):
        plain = self.folder / "server"
        plain.write_text("no program")
        missing = self.folder / "missing"
        for server, told in ((plain, "not executable"), (missing, "there is no server")):
            run, document = self.grade("--server", server, "--client", "true")
            self.assertEqual((run.returncode, document), (2, None), run.stderr)
            self.assertIn(told, run.stderr)
        (self.folder / "Makefile").write_text("all:\n\t@echo broken here; false\n")
        run, document = self.grade("--dir", self.folder)
        self.assertEqual((run.returncode, document), (2, None))
        self.assertIn("broken here", run.stderr)

    def test_a_folder_is_built_first(self):
        (self.folder / "Makefile").write_text(
            f"all:\n\tcp {PAIRS}/correct/server {PAIRS}/correct/client .\n")
        names, document = self.kos("--dir", self.folder, "--only=^(pid$|100-char)")
        self.assertEqual((names, document["name"]), (set(), self.folder.name))

    def test_a_build_that_fails_is_mended_when_asked(self):
        """One level down, with -Werror on a warning, a variable twice, and the library first."""
        below = self.folder / "minitalk"
        below.mkdir()
        for name in ("server", "client"):
            shutil.copy(PAIRS / "correct" / f"{name}.c", below)
        (below / "shared.c").write_text("int shared;\nstatic int unused;\n")
        (below / "more.c").write_text("int shared;\nint more(void) { return shared; }\n")
        (below / "Makefile").write_text(
            "CC = cc\nall: server client\nlibmore.a: more.o\n\tar rc $@ $<\n"
            f"%: %.c shared.c libmore.a\n\t$(CC) -Wall -Werror -I{PAIRS} libmore.a $< shared.c"
            " -Wl,-u,more -o $@\n")
        run, document = self.grade("--dir", self.folder)
        self.assertEqual((run.returncode, document), (2, None), run.stdout)
        self.assertIn("first error: ", run.stderr)
        self.assertIn("--lenient tries", run.stderr)
        names, document = self.kos("--dir", self.folder, "--only=^(pid$|100-char)", "--lenient")
        self.assertEqual(names, set(), self.told(document))
        self.assertEqual(set(document["remedies"]),
                         {"-fcommon", "-D_GNU_SOURCE", "without -Werror", "libraries last"})

    def test_what_a_check_lacks_is_told(self):
        """Checks alone that otherwise build upon others."""
        pair = ["--manifest", PAIRS / "correct" / "manifest.json"]
        for name, words in (("survival", "no other check has started a server"),
                            ("fragment", "client-killed"), ("memory", "the check spam")):
            _, document = self.kos(*pair, f"--only=^{name}$")
            self.assertEqual(self.check_of(document, name)["status"], "SKIP")
            self.assertIn(words, self.check_of(document, name)["reason"])
        _, document = self.kos(*pair, "--only=^rank$", "--bench", self.folder / "nothing")
        self.assertIn("there is no", self.check_of(document, "rank")["reason"])

    def test_below_make_the_status_is_told(self):
        for words, status in ((["--dir", "/nowhere"], 2), (["--nonsense"], 64), (["--list"], 0)):
            run = subprocess.run(command(*words), capture_output=True, text=True, check=False,
                                 env={**os.environ, "MINITALK_BELOW_MAKE": "1"})
            self.assertEqual(run.returncode, status)
            self.assertEqual(f"exit status {status} (make" in run.stderr, status != 0, run.stderr)

    def test_the_folder_in_which_it_is_called(self):
        for program in ("server", "client"):
            shutil.copy(PAIRS / "correct" / program, self.folder)
        run = subprocess.run(command("--out", self.out, "--only=^pid$"), cwd=self.folder,
                             capture_output=True, text=True, timeout=200, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(json.loads(self.out.read_text())["name"], self.folder.name)

    def test_a_pair_of_a_fresh_clone_is_built(self):
        """As README says: make grade DIR=tests/pairs/racy, of which the variable DIR is no concern
        of their Makefile. First by the Makefile above, then by the manifest that it has made."""
        fresh = self.folder / "pairs"
        shutil.copytree(SOURCE / "tests" / "pairs", fresh,
                        ignore=lambda *_: {"server", "client", "manifest.json"})
        makefile = fresh / "Makefile"
        makefile.write_text(f"DIR := .\n{makefile.read_text()}\n"
                            "$(NAMES:=/server): $(DIR)/talk.h\n")
        for name in ("racy", "paced", "racy"):
            (fresh / name / "server").unlink(missing_ok=True)
            run = subprocess.run(command("--dir", fresh / name, "--out", self.out, "--only=^pid$"),
                                 env={**os.environ, "MAKEFLAGS": f" -- DIR={fresh}/none"},
                                 capture_output=True, text=True, timeout=200, check=False)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            self.assertEqual(json.loads(self.out.read_text())["name"], name)
        self.assertFalse((fresh / "correct" / "server").exists(), "more was built than asked for")

    def test_usage(self):
        for words in ([], ["--server", "a"], ["--dir", "a", "--manifest", "b"], ["--budget=x"],
                      ["--dir", "a", "--only=("], ["--dir", "a", "--name=a b"]):
            run, document = self.grade(*words)
            self.assertEqual((run.returncode, document), (64, None), words)
        listed = subprocess.run(command("--list", "--only=^pid$"), capture_output=True, text=True,
                                check=True).stdout
        self.assertEqual(listed, "pid               the server prints its pid\n")
