"""The result file and the pictures: a short real run is valid against the schema, reads like Google
Benchmark's own, and is drawn the same way twice."""
import filecmp
import json
import math
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

import jsonschema

from commands import BENCH, SOURCE

FILTER = r"^ack/(16/(text|zeros)|256/text)/same/sleep$|^usleep(:0)?/256/text/same/sleep$"


def run_bench(*arguments):
    return subprocess.run([BENCH, "--seconds=0.01", "--benchmark_repetitions=2", *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                          check=False)


def refuse_constant(name):
    raise ValueError(f"{name} in the JSON")


def catches(pid, number):
    """Whether the process has a handler for the signal."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16) >> (number - 1) & 1


class ResultsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name) / "results.json"
        cls.finished = run_bench(f"--benchmark_filter={FILTER}", f"--benchmark_out={cls.path}")
        cls.document = json.loads(cls.path.read_text(), parse_constant=refuse_constant)
        cls.rows = {row["name"]: row for row in cls.document["benchmarks"]}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_exit_status_and_table(self):
        self.assertEqual(self.finished.returncode, 0, self.finished.stderr)
        self.assertIn("bits/floor", self.finished.stdout)

    def test_an_interrupted_run_says_so_and_writes_nothing(self):
        out = self.path.with_name("never.json")
        for number in (signal.SIGINT, signal.SIGTERM):
            run = subprocess.Popen([BENCH, "--benchmark_filter=^ack/(16|256)/text/same/sleep$",
                                    "--benchmark_repetitions=1000", f"--benchmark_out={out}"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
            while not catches(run.pid, number) and run.poll() is None:
                time.sleep(0.01)
            run.send_signal(number)
            _, errors = run.communicate(timeout=120)
            self.assertEqual(run.returncode, 130, errors)
            self.assertTrue(errors.endswith("minitalk-bench: interrupted; nothing was written\n"))
        self.assertEqual([path.name for path in out.parent.iterdir() if "never" in path.name], [])

    def test_valid_against_the_schema(self):
        schema = json.loads((SOURCE / "results" / "bench.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(self.document, schema)

    def test_a_row_is_a_line(self):
        lines = [line.strip().rstrip(",") for line in self.path.read_text().splitlines()]
        rows = [json.loads(line) for line in lines if line.startswith('{"')]
        self.assertEqual(rows, self.document["benchmarks"])

    def test_the_schema_refuses_a_damaged_document(self):
        schema = json.loads((SOURCE / "results" / "bench.schema.json").read_text())
        for key in ("bytes_per_second", "samples", "floor_round_trip_ns", "name"):
            damaged = json.loads(self.path.read_text())
            del damaged["benchmarks"][0][key]
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(damaged, schema)

    def test_rows_are_those_that_the_filter_names(self):
        self.assertEqual(set(self.rows), {
            "ack/16/text/same/sleep", "ack/16/zeros/same/sleep", "ack/256/text/same/sleep",
            "usleep/256/text/same/sleep", "usleep:0/256/text/same/sleep"})
        for row in self.rows.values():
            self.assertEqual(len(row["samples"]), 2)

    def test_acknowledged_bits(self):
        row = self.rows["ack/16/text/same/sleep"]
        self.assertEqual(row["bit_loss"], 0)
        self.assertEqual(row["messages_failed"], 0)
        self.assertEqual(row["signals_per_byte"], 16)
        self.assertEqual(row["bits_per_round"], 1)
        self.assertEqual(row["session_delivered"], 2)

    def test_loss_is_shown_as_loss(self):
        row = self.rows["usleep:0/256/text/same/sleep"]
        self.assertGreater(row["bit_loss"], 0)
        self.assertGreater(row["messages_failed"], 0)
        self.assertEqual(row["session_wrong"], 0)

    def test_no_figure_is_infinite(self):
        for row in self.rows.values():
            for key, value in row.items():
                if isinstance(value, float):
                    self.assertTrue(math.isfinite(value), key)

    def test_pictures_are_the_same_twice(self):
        names = []
        for run in ("first", "second"):
            folder = pathlib.Path(self.folder.name) / run
            drawn = subprocess.run([SOURCE / "scripts" / "draw.sh", self.path, folder],
                                   capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual(drawn.returncode, 0, drawn.stderr)
            names.append(sorted(path.name for path in folder.iterdir()))
        self.assertEqual(names[0], names[1])
        # No timing channel: that wants `ppm`, and two CPUs to spin on.
        pictures = ("bits_per_microsecond", "bits_per_round", "cpu_cost", "goodput_by_size",
                    "heat_map", "pause_sweep", "run_order")
        self.assertEqual(names[0], [f"{picture}.{suffix}" for picture in pictures
                                    for suffix in ("png", "svg")])
        first, second = (pathlib.Path(self.folder.name) / run for run in ("first", "second"))
        _, different, errors = filecmp.cmpfiles(first, second, names[0], shallow=False)
        self.assertEqual((different, errors), ([], []))

    def test_a_broken_result_file_is_named(self):
        broken = pathlib.Path(self.folder.name) / "broken.json"
        broken.write_text("{")
        drawn = subprocess.run([SOURCE / "scripts" / "draw.sh", broken, self.folder.name],
                               capture_output=True, text=True, timeout=60, check=False)
        self.assertNotEqual(drawn.returncode, 0)
        self.assertIn("broken.json", drawn.stderr)


class CommandLineTest(unittest.TestCase):
    def test_every_condition_of_the_contract_is_within_reach(self):
        names = set(run_bench("--benchmark_list_tests").stdout.split())
        for protocol in ("ack", "clock", "rle", "usleep"):
            for size in (16, 256, 4096):
                for payload in ("text", "random", "zeros", "utf8"):
                    for place in ("same/sleep", "cross/spin"):
                        self.assertIn(f"{protocol}/{size}/{payload}/{place}", names)

    def test_usage_errors(self):
        for words in (["--benchmark_filter=("], ["--benchmark_filter=nonsense"],
                      ["--benchmark_repetitions=0"], ["--nonsense"], ["--sizes=0"]):
            run = run_bench(*words)
            self.assertEqual(run.returncode, 64, (words, run.stderr))
            self.assertTrue(run.stderr.startswith("minitalk-bench: "), run.stderr)

    def test_an_unwritable_file_is_an_error(self):
        run = run_bench("--benchmark_filter=^ack/16/text/same/sleep$", "--benchmark_out=/no/such")
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("/no/such", run.stderr)
