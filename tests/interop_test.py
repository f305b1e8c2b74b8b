"""Who understands whom: pairs whose outcome is known and our own programs, the words for what
can go wrong, the picture, and that nothing is left behind."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import jsonschema

from minitalk.pairs.engine import Exchange
from minitalk.interop import matrix, matrix_report as report
from minitalk.plots import common, interop as picture
from commands import BIN, PAIRS, SOURCE

SCHEMA = json.loads((SOURCE / "results/interop.schema.json").read_text())
LIMIT_SECONDS = 240


def document(names, pair):
    """A whole one; `pair(client, server)` gives what is not usual."""
    usual = {"classic": None, "outcome": "ok", "message": None, "reason": None,
             "goodput_bytes_per_second": 9e3, "samples": [9e3, 8e3, 1e4]}
    return {"schema": "minitalk.interop/1", "date": "today", "seconds": 1.0, "pin": "same",
            "machine": {"cpu_model": "a CPU", "cpu_count": 2, "kernel": "6"},
            "implementations": [{"name": name, "classic": None, "ours": False} for name in names],
            "pairs": [{"client": client, "server": server, **usual, **pair(client, server)}
                      for client in names for server in names]}


def trouble(word):
    return {"outcome": word, "message": "short", "reason": "it | did not",
            "goodput_bytes_per_second": None, "samples": []}


class OutcomeTest(unittest.TestCase):
    def told(self, **seen):
        exchange = Exchange(b"hello", **seen)
        outcome, reason = matrix.judge(exchange)
        return outcome, reason or ""

    def test_each_has_its_word(self):
        for word, part, seen in [
                ("ok", "", {"delivered": True, "client_status": 0}),
                ("ok", "", {"delivered": True, "client_status": 1}),  # some do that on success
                ("garbled", "byte 4 of 5",
                 {"printed": True, "first_wrong": "byte 4 of 5: X", "client_status": 0}),
                ("garbled", "expected",
                 {"printed": True, "first_wrong": "expected ...", "hung": True}),
                ("hangs", "server in pause, the client",
                 {"hung": True, "server_sleeps_in": "pause"}),
                ("hangs", "arrived, but", {"delivered": True, "timed_out": True}),
                ("refuses", "69: no such server",
                 {"client_status": 69, "client_said": "oh\nno such server"}),
                ("refuses", "nothing", {"client_status": 1}),
                ("dies", "client died of SIGUSR1", {"client_status": -signal.SIGUSR1}),
                ("dies", "server died of SIGSEGV",
                 {"client_status": 0, "server_status": -signal.SIGSEGV}),
                ("dies", "server ended with status 3", {"printed": True, "server_status": 3}),
                ("nothing", "printed nothing", {"client_status": 0})]:
            outcome, reason = self.told(**seen)
            self.assertEqual(outcome, word, seen)
            self.assertIn(part, reason)

    def test_every_outcome_is_explained_coloured_and_drawn(self):
        words = set(SCHEMA["$defs"]["pair"]["properties"]["outcome"]["enum"])
        self.assertEqual(words, set(matrix.OUTCOMES))
        self.assertEqual(words, set(report.STYLES))
        self.assertEqual(words, {"ok", *picture.TROUBLES})


class FormatTest(unittest.TestCase):
    def test_ours_speaks_what_the_other_does(self):
        ours = matrix.Ours(BIN)
        foreign, unknown = (matrix.Implementation("x", BIN, ("s",), ("c", "{pid}", "{text}"),
                                                  classic=classic) for classic in ("lsb", None))
        self.assertNotIn("--classic", ours.server(ours).server)
        self.assertEqual(ours.server(foreign).server[1:3], ("--classic", "lsb"))
        self.assertEqual(ours.server(unknown).server[1:3], ("--classic", "detect"))
        self.assertEqual(ours.client("msb").client[1:3], ("--classic", "msb"))
        self.assertEqual(matrix.known_format(foreign, ours), "lsb")
        self.assertIsNone(matrix.known_format(ours, ours))
        self.assertIsNone(matrix.known_format(foreign, unknown))
        ours.heard["x"] = "msb,nul"
        self.assertEqual(ours.server(unknown).server[1:4], ("--classic", "detect", "--quiet"))
        self.assertEqual(matrix.known_format(ours, unknown), "msb,nul")

    def test_every_format_is_tried_once(self):
        formats = matrix.blind_formats()
        self.assertEqual(len(set(formats)), 12)
        self.assertEqual(formats[0], "msb,usr1=0,nul,ack=none,pause=300")
        self.assertEqual(matrix.acknowledged(formats[0]),
                         ["msb,usr1=0,nul,ack=bit", "msb,usr1=0,nul,ack=byte"])


class ReportTest(unittest.TestCase):
    WORDS = list(picture.TROUBLES)

    def mixed(self):
        return document(["minitalk", "alice", "bob"], lambda client, server: {}
                        if client == server else trouble(self.WORDS[len(client + server) % 5]))

    def test_a_document_has_the_form_of_its_schema(self):
        jsonschema.validate(self.mixed(), SCHEMA)
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate(document(["a"], lambda *_: {"outcome": "hangs"}), SCHEMA)

    def test_the_page_keeps_its_columns(self):
        lines = report.markdown(self.mixed()).splitlines()
        rows = [line for line in lines if line.startswith("|")]
        self.assertEqual({row.count("|") for row in rows}, {5})
        self.assertIn("OK 9.00 kB/s", rows[2])
        self.assertTrue(any("it \\| did not" in line for line in lines))

    def test_the_terminal_tells_every_reason(self):
        text = report.terminal_table(self.mixed())
        self.assertEqual(text.plain.count("it | did not"), 6)
        self.assertIn("green", {span.style for span in text.spans})

    def test_pictures_are_the_same_each_time(self):
        for odd in (self.mixed(), document(["alone"], lambda *_: {}),
                    document(["a", "b"], lambda *_: trouble("hangs"))):
            with tempfile.TemporaryDirectory() as folder:
                drawn = []
                for name in ("one", "two"):
                    stem = pathlib.Path(folder) / name
                    common.save(picture.draw(odd), picture.footer(odd), stem)
                    drawn.append([stem.with_suffix(end).read_bytes() for end in (".png", ".svg")])
                self.assertEqual(*drawn)


class RunTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "interop.json"

    def manifest(self, pair, name=None, **changes):
        """A manifest beside copies of the programs, so that no other test's are like them."""
        folder = self.folder / (name or pair)
        shutil.copytree(PAIRS / pair, folder)
        path = folder / "manifest.json"
        told = {**json.loads(path.read_text()), "name": name or pair, "build": None, **changes}
        path.write_text(json.dumps({key: value for key, value in told.items()
                                    if value is not None}))
        return path

    def command(self, *words):
        return [sys.executable, SOURCE / "scripts/interop.py", "--bin", BIN, "--out", self.out,
                *words]

    def run_script(self, *words):
        return subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=LIMIT_SECONDS, check=False)

    def outcomes(self, *words):
        """By client and server."""
        run = self.run_script(*words)
        self.assertEqual(run.returncode, 0, run.stderr)
        found = json.loads(self.out.read_text())
        jsonschema.validate(found, SCHEMA)
        for path in ("interop.md", "plots/interop.png", "plots/interop.svg"):
            self.assertTrue((self.folder / path).stat().st_size > 0, path)
        return {(pair["client"], pair["server"]): pair for pair in found["pairs"]}, run.stdout

    def processes(self):
        """What still runs out of our folder."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if os.readlink(entry / "exe").startswith(f"{self.folder}/"):
                    found.append(entry.name)
            except OSError:
                pass
        return found

    def test_strangers(self):
        names = ["correct", "partial", "racy", "unacknowledged"]
        pairs, told = self.outcomes("--no-ours", "--timeout", "3", *map(self.manifest, names))
        expected = {}
        for name in ("correct", "partial"):
            expected |= {(name, server): {"ok"} for server in ("correct", "partial", "racy")}
            expected[name, "unacknowledged"] = {"hangs"}
        # Its client hangs in a long message, of which partial has printed the beginning, or on a
        # busy machine in the first bits of all.
        expected |= {("racy", "correct"): {"hangs"}, ("racy", "racy"): {"hangs"},
                     ("racy", "partial"): {"garbled", "hangs"},
                     ("racy", "unacknowledged"): {"hangs"}}
        # The acknowledgement kills a client that does not expect any.
        expected |= {("unacknowledged", server): {"dies"}
                     for server in ("correct", "partial", "racy")}
        # Whether it loses a bit of so many is chance.
        expected["unacknowledged", "unacknowledged"] = {"ok", "garbled", "nothing"}
        for pair, outcome in expected.items():
            self.assertIn(pairs[pair]["outcome"], outcome, (pair, told))
        self.assertEqual(set(pairs), set(expected))
        self.assertIn(pairs["racy", "correct"]["message"], ("short", "utf-8", "1000 characters"))
        self.assertIn("SIGUSR1", pairs["unacknowledged", "correct"]["reason"])
        self.assertEqual(self.processes(), [])

    def test_ours_with_a_format_that_is_known(self):
        pairs, told = self.outcomes(self.manifest("correct"))
        self.assertEqual({pair["outcome"] for pair in pairs.values()}, {"ok"}, told)
        self.assertEqual(pairs["minitalk", "correct"]["classic"], "msb,usr1=0,nul,ack=bit")
        self.assertIsNone(pairs["minitalk", "minitalk"]["classic"])

    def test_ours_with_a_format_that_is_to_be_found(self):
        """By clients that do not send a bit again when the answer is late, as that of `correct`
        does: on a busy machine, where a server that has to find the format out is slow to answer,
        that would be a bit more."""
        pairs, told = self.outcomes(self.manifest("suspend", classic=None))
        self.assertEqual({pair["outcome"] for pair in pairs.values()}, {"ok"}, told)
        for pair in (("minitalk", "suspend"), ("suspend", "minitalk")):
            self.assertEqual(pairs[pair]["classic"], "msb,usr1=0,nul,ack=bit,acksig=usr1")

    def test_ours_finds_what_is_unlike_its_default(self):
        pairs, told = self.outcomes(self.manifest("sigwait", classic=None))
        self.assertEqual({pair["outcome"] for pair in pairs.values()}, {"ok"}, told)
        self.assertEqual(pairs["minitalk", "sigwait"]["classic"],
                         "lsb,usr1=1,len32,ack=bit,acksig=usr2")

    def test_ours_finds_what_is_rare(self):
        pairs, told = self.outcomes(self.manifest("marked", classic=None))
        self.assertEqual({pair["outcome"] for pair in pairs.values()}, {"ok"}, told)
        for pair in (("minitalk", "marked"), ("marked", "minitalk")):
            self.assertEqual(pairs[pair]["classic"],
                             "msb,usr1=0,nul,ack=bit,acksig=usr1,mark=usr2")

    def test_a_server_that_ends_uncalled(self):
        path = self.manifest("correct", "shy", server=["true"])
        pairs, told = self.outcomes("--no-ours", path)
        self.assertEqual(pairs["shy", "shy"]["outcome"], "dies", told)

    def test_what_cannot_be_run_is_told(self):
        good = self.manifest("correct")
        for status, words in [
                (64, ["--no-ours"]), (64, ["--pin", "nowhere"]), (64, ["--out", "x.txt"]),
                (1, ["--no-ours", self.folder / "missing.json"]),
                (1, ["--no-ours", good, good]),
                (1, ["--no-ours", self.manifest("correct", "gone", server=["./nothing"])])]:
            run = self.run_script(*words)
            self.assertEqual(run.returncode, status, run.stderr)
            self.assertRegex(run.stderr, r"^interop\.py: [^\n]+\n$")
            self.assertFalse(self.out.exists())

    def test_an_interrupt_leaves_nothing(self):
        self.manifest("unacknowledged")
        waits = self.manifest("correct", "waits", server=["../unacknowledged/server"])
        script = subprocess.Popen(self.command("--no-ours", "--timeout", "60", waits),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while len(self.processes()) < 2 and script.poll() is None:
            time.sleep(0.05)
        script.send_signal(signal.SIGINT)
        _, errors = script.communicate(timeout=60)
        self.assertEqual(script.returncode, 130, errors)
        self.assertFalse(self.out.exists())
        self.assertEqual(self.processes(), [])


def test_each_pair_is_built_without_a_warning_and_says_its_format(tmp_path):
    copy = tmp_path / "pairs"
    shutil.copytree(SOURCE / "tests/pairs", copy)
    for word in ("clean", "all"):
        run = subprocess.run(["make", "-C", copy, word], capture_output=True, text=True,
                             timeout=LIMIT_SECONDS, check=False)
        assert (run.returncode, run.stderr) == (0, "")
    for source in copy.glob("*/*.c"):
        for program in ("server", "client"):
            assert os.access(source.with_name(program), os.X_OK)
        manifest = json.loads(source.with_name("manifest.json").read_text())
        assert manifest["name"] == source.parent.name
        assert manifest["classic"] in (source.read_text() + (copy / "correct/server.c").read_text())
