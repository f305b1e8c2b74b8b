"""What `make verify` writes: its form, and that the committed verdicts are the code's."""

import json
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

import jsonschema

from commands import SOURCE, VERIFY

COMMITTED = json.loads((SOURCE / "results/verdicts.json").read_text())
# Quick even under a sanitizer.
QUICK = "^(ack|lanes|clock|rle|usleep|sigqueue)/(any|one for|pauses)|^[a-z-]+-[a-z-]+/(any|one f)"


def verify(*arguments):
    return subprocess.run([VERIFY, *arguments], capture_output=True, text=True, timeout=250)


class Committed(unittest.TestCase):
    def test_has_the_form_of_its_schema(self):
        schema = json.loads((SOURCE / "results/verdicts.schema.json").read_text())
        jsonschema.validate(COMMITTED, schema)

    def test_is_what_the_code_gives(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "verdicts.json"
            run = verify("--filter", QUICK, "--out", str(out))
            self.assertEqual(run.returncode, 0, run.stderr)
            found = json.loads(out.read_text())["verdicts"]
        self.assertGreater(len(found), 15)
        known = {(row["protocol"], row["assumption"]): row for row in COMMITTED["verdicts"]}
        for row in found:
            self.assertEqual(row, known.get((row["protocol"], row["assumption"])),
                             "run `make verify` and commit results/verdicts.json")

    def test_covers_every_study(self):
        listed = verify("--list").stdout.splitlines()
        rows = [f"{row['protocol']}/{row['assumption']}" for row in COMMITTED["verdicts"]]
        self.assertEqual(listed, rows)


class Program(unittest.TestCase):
    def test_replays_a_counterexample(self):
        row = next(row for row in COMMITTED["verdicts"] if row["protocol"] == "usleep"
                   and row["counterexample"])
        run = verify("--replay", "usleep", "--message", row["message"],
                     "--choices", ",".join(map(str, row["choices"])))
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn(row["violation"], run.stdout)
        for step in row["counterexample"]:
            self.assertIn(step.split(" ", 1)[1], run.stdout)

    def test_replays_what_breaks_a_protocol_without_being_told_how(self):
        for name, steps, verdict in (("check-then-pause", 6, "deadlock: "),
                                     ("usleep", 3, "loses: ")):
            run = verify("--replay", name, "--message", "00")
            self.assertEqual(run.returncode, 1, run.stdout)
            self.assertRegex(run.stdout, rf"(?m)^ +{steps} +\w[^\n]*\n    {verdict}")

    def test_replays_any_schedule_of_one_that_nothing_breaks(self):
        run = verify("--replay", "ack", "--message", "1")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertRegex(run.stdout, r"(?m)^ +4 takes USR2\n    loss-free: every property holds\n")
        self.assertIn("of every schedule", run.stdout)

    def test_choices_that_end_early_are_no_verdict_on_the_whole(self):
        run = verify("--replay", "ack", "--message", "1", "--choices", "0")
        self.assertIn("loss-free: so far; the choices end before", run.stdout)

    def test_repeats_a_seed(self):
        runs = [verify("--replay", "lanes", "--message", "011011", "--seed", "5").stdout
                for _ in range(2)]
        self.assertEqual(runs[0], runs[1])
        self.assertIn("takes private USR2", runs[0])

    def test_says_what_is_wrong_with_its_arguments(self):
        for arguments in (["--filter", "("], ["--filter", "nobody"], ["--replay", "nobody"],
                          ["--replay", "ack", "--message", "012"], ["--nonsense"],
                          ["--replay", "ack", "--message", "0", "--choices", "9"]):
            run = verify(*arguments)
            self.assertEqual(run.returncode, 64, arguments)
            self.assertTrue(run.stderr.strip(), arguments)

    def test_an_interrupt_writes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "verdicts.json"
            process = subprocess.Popen([VERIFY, "--deep", "--filter", "pair", "--out", str(out)],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(0.3)  # any moment will do
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 130, errors)
            self.assertFalse(out.exists())

    def test_a_file_that_cannot_be_written_is_an_error(self):
        run = verify("--filter", "usleep/any", "--out", "/nowhere/verdicts.json")
        self.assertEqual(run.returncode, 73)
        self.assertIn("nothing was explored", run.stderr)
        self.assertEqual(run.stdout, "")
