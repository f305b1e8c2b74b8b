"""What the exporters write is what the other tools read: each format on the reference run and on
odd files, and Google Benchmark's own compare.py where it is installed."""
import copy
import csv
import io
import json
import math
import pathlib
import re
import subprocess
import tempfile
import unittest

from commands import lab, SOURCE
from minitalk.export import FIGURES, present
from minitalk.results import comparison, reading, table

REFERENCE = SOURCE / "results" / "reference.json"
COMPARE = pathlib.Path("/usr/share/benchmark/compare.py")
JSON_FORMATS = ("gbench", "github-bigger", "github-smaller", "bencher")
FORMATS = (*JSON_FORMATS, "csv", "markdown")


def export(path, *words):
    return lab("export", path, *words)


def strict(text):
    """JSON without the constants that Python reads and others do not."""
    return json.loads(text, parse_constant=reading.refuse_constant)


def compare(*words):
    """compare.py wants scipy; a Python without it cannot run it."""
    return subprocess.run(["/usr/bin/python3", "-B", COMPARE, "--no-color", *words],
                          capture_output=True, text=True, timeout=120, check=False)


def has_compare():
    return COMPARE.exists() and compare("--help").returncode == 0


class Exports(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.document = json.loads(REFERENCE.read_text())
        self.rows = {row["name"]: row for row in self.document["benchmarks"]}

    def write(self, content):
        path = self.folder / "result.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def exported(self, path, *words):
        run = export(path, *words)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout


class FormatsTest(Exports):
    def test_gbench_has_each_repetition_and_their_aggregates(self):
        found = strict(self.exported(REFERENCE, "--format", "gbench"))["benchmarks"]
        for name, row in self.rows.items():
            mine = [b for b in found if b["run_name"] == name]
            single = [b for b in mine if b["run_type"] == "iteration"]
            self.assertEqual([b["repetition_index"] for b in single],
                             list(range(len(reading.measured(row)))))
            self.assertTrue(all(b["name"] == name for b in single))
            for median in (b for b in mine if b.get("aggregate_name") == "median"):
                self.assertEqual(median["name"], name + "_median")
                for key in ("real_time", "cpu_time", "bytes_per_second", "bits_per_floor_round"):
                    self.assertTrue(math.isclose(median[key], row[key]), (name, key))

    def test_github_arrays_have_the_keys_that_the_action_takes(self):
        names = set()
        for direction, bigger in (("github-bigger", True), ("github-smaller", False)):
            entries = strict(self.exported(REFERENCE, "--format", direction))
            wanted = sum(row[f.key] is not None for row in self.rows.values()
                         for f in FIGURES if f.bigger_is_better == bigger)
            self.assertEqual(len(entries), wanted)
            for entry in entries:
                self.assertEqual(set(entry) - {"range"}, {"name", "unit", "value", "extra"})
                self.assertIsInstance(entry["value"], (int, float))
                # The action's own pattern; what follows has to be a number.
                match = re.search(r"(\+-|±)\s*(\d.*)", entry.get("range", "± 0"))
                self.assertTrue(math.isfinite(float(match[2])), entry)
            names |= {entry["name"] for entry in entries}
        self.assertEqual(len(names), sum(len(list(present(r))) for r in self.rows.values()))

    def test_bencher_bounds_enclose_the_value(self):
        found = strict(self.exported(REFERENCE, "--format", "bencher"))
        self.assertEqual(list(found), list(self.rows))
        for measures in found.values():
            for measure, metric in measures.items():
                self.assertRegex(measure, r"^[a-z0-9]+(-[a-z0-9]+)*$")
                self.assertLessEqual(len(measure), 64)
                self.assertLessEqual(metric.get("lower_value", -math.inf), metric["value"])
                self.assertGreaterEqual(metric.get("upper_value", math.inf), metric["value"])
        ack = found["ack/256/text/same/sleep"]
        self.assertEqual(ack["signals-per-byte"],
                         {"value": 16, "lower_value": 16, "upper_value": 16})

    def test_csv_has_a_line_a_row_or_a_repetition(self):
        lines = list(csv.DictReader(io.StringIO(self.exported(REFERENCE, "--format", "csv"))))
        self.assertEqual([line["name"] for line in lines], list(self.rows))
        for line in lines:
            value = self.rows[line["name"]]["latency_ns_p99"]
            self.assertEqual(line["latency_ns_p99"], "" if value is None else str(value))
        samples = self.exported(REFERENCE, "--format", "csv", "--samples")
        lines = list(csv.DictReader(io.StringIO(samples)))
        self.assertEqual(len(lines), sum(len(row["samples"]) for row in self.rows.values()))
        self.assertEqual({line["measured"] for line in lines}, {"true"})

    def test_csv_tells_machine_and_commit_in_each_line(self):
        for words in ([], ["--samples"]):
            text = self.exported(REFERENCE, "--format", "csv", *words)
            for line in csv.DictReader(io.StringIO(text)):
                for key in table.CONTEXT_COLUMNS:
                    self.assertEqual(line[key], str(table.cell(self.document["context"][key])))
        self.assertLessEqual({"cpu_model", "kernel", "git_commit"}, set(table.CONTEXT_COLUMNS))

    def test_the_spread_is_of_three_repetitions_or_more(self):
        row = self.rows["ack/256/text/same/sleep"]
        for rates, told, ends in (([90, 100, 110], "100 B/s ±5 %", ("95.0", "105.0")),
                                  ([100, 100, 100], "100 B/s ±<1 %", ("100.0", "100.0")),
                                  ([90, 110], "100 B/s", ("", "")), ([100], "100 B/s", ("", ""))):
            row["samples"] = [{**row["samples"][0], "bytes_per_second": rate} for rate in rates]
            row["bytes_per_second"] = 100
            path = self.write(self.document)
            self.assertIn(f"| ack | 256 | text | same/sleep | {told} |",
                          self.exported(path, "--format", "markdown"))
            lines = csv.DictReader(io.StringIO(self.exported(path, "--format", "csv")))
            line = next(line for line in lines if line["name"] == row["name"])
            self.assertEqual(tuple(map(line.get, table.QUARTILES)), ends)

    def test_markdown_compares(self):
        found = self.exported(REFERENCE, "--format", "markdown")
        for place, _size, sentences in comparison.summary(self.document["benchmarks"]):
            for sentence in sentences:
                self.assertIn(f"- {'/'.join(place)}, 4,096 bytes of text: {sentence}\n", found)
        self.assertRegex(found, r"runs is 2\.\d+ times as fast as ack \(")

    def test_a_proof_is_never_said_beside_failures_without_its_assumption(self):
        lines = self.exported(REFERENCE, "--format", "markdown", "--verdicts",
                              SOURCE / "results" / "verdicts.json").splitlines()
        failed = [line for line in lines[2:] if "proven" in line
                  and not re.search(r"\| 0/\d+ \|", line) and "| - |" not in line]
        self.assertGreater(len(failed), 1)
        for line in failed:
            self.assertRegex(line, r"proven only if both always run, not so here \|$")

    def test_out_is_what_standard_output_would_be(self):
        for name in FORMATS:
            path = self.folder / name
            self.assertEqual(self.exported(REFERENCE, "--format", name, "--out", path), "")
            self.assertEqual(path.read_text(), self.exported(REFERENCE, "--format", name))


@unittest.skipUnless(has_compare(), "compare.py needs libbenchmark-tools and python3-scipy")
class CompareTest(Exports):
    def test_a_file_does_not_differ_from_itself(self):
        exported = self.folder / "gbench.json"
        self.exported(REFERENCE, "--format", "gbench", "--out", exported)
        for path in (REFERENCE, exported):  # the result file as it is, too: the contract says so
            run = compare("benchmarks", path, path)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            for name in self.rows:
                self.assertIn(name, run.stdout)
            changes = re.findall(r" ([+-]\d+\.\d{4})\b", run.stdout)
            self.assertGreaterEqual(len(changes), 2 * len(self.rows))
            self.assertEqual(set(changes), {"+0.0000"})

    def test_a_change_is_seen(self):
        for row in self.document["benchmarks"]:
            row["real_time"] *= 2
        run = compare("benchmarks", REFERENCE, self.write(self.document))
        self.assertEqual(run.stdout.count("+1.0000"), len(self.rows) + 1)  # and their mean


class OddFilesTest(Exports):
    def refused(self, path, status, *words, formats=FORMATS):
        for name in formats:
            run = export(path, "--format", name, *words)
            self.assertEqual((run.returncode, run.stdout), (status, ""), run.stderr)
            self.assertRegex(run.stderr, r"^lab export: [^\n]+; [^\n]+\n$")

    def test_files_that_are_no_results(self):
        self.refused(self.folder / "absent.json", 66)
        self.refused(self.folder, 66)
        for text in ("", " \n", "{", "[" * 100000, "[]", "1", "null", "{}", '{"benchmarks": []}',
                     '{"context": {}, "benchmarks": []}', '{"context": {}, "benchmarks": [1]}',
                     '{"context": {}, "benchmarks": [{"name": 1}]}',
                     '{"context": {}, "benchmarks": [{"name": "a", "samples": [1]}]}',
                     '{"context": {"x": NaN}, "benchmarks": [{"name": "a"}]}'):
            self.refused(self.write(text), 65, formats=("bencher",))
        (self.folder / "result.json").write_bytes(b"\xff\xfe\x00")
        self.refused(self.folder / "result.json", 65)
        self.refused(REFERENCE, 73, "--out", "/proc/no/such")

    def test_usage(self):
        for words in ([], ["--format", "xml"], ["--nonsense"], ["--format", "bencher", "--samples"],
                      ["--format", "csv", "another"]):
            run = export(REFERENCE, *words)
            self.assertEqual((run.returncode, run.stdout), (64, ""))
            self.assertRegex(run.stderr, r"^lab export: [^\n]+\n$")

    def test_a_failed_row(self):
        name = "ack/256/text/same/sleep"
        row = self.rows[name]
        row.update(error_occurred=True, error_message="5 of 5 | failed", real_time=0, cpu_time=0)
        for sample in row["samples"]:
            sample["measured"] = False
        path = self.write(self.document)
        for form in JSON_FORMATS:
            run = export(path, "--format", form)
            self.assertEqual(run.returncode, 0)
            self.assertNotIn(name, run.stdout)
            self.assertEqual(run.stderr, f"lab export: left out {name}: 5 of 5 | failed\n")
        lines = csv.DictReader(io.StringIO(self.exported(path, "--format", "csv")))
        line = next(line for line in lines if line["name"] == name)
        self.assertEqual((line["error_message"], line["bytes_per_second"]), ("5 of 5 | failed", ""))
        self.assertIn("| ack | 256 | text | same/sleep | - | - | - | - | - | 5 of 5 \\| failed "
                      "| - |\n", self.exported(path, "--format", "markdown"))

    def test_nothing_but_failed_rows(self):
        self.document["benchmarks"] = [{"name": "a", "error_occurred": True}]
        path = self.write(self.document)
        for form in JSON_FORMATS:
            run = export(path, "--format", form)
            self.assertEqual(run.returncode, 65)
            self.assertRegex(run.stderr, r"^lab export: [^\n]+; [^\n]+\n$")
        for form in ("csv", "markdown"):
            self.exported(path, "--format", form)

    def test_null_infinite_and_missing_figures_are_left_out(self):
        row = copy.deepcopy(self.rows["ack/256/text/same/sleep"])
        for value in ("null", "1e999", '"many"', "true", None):
            odd = {key: "ODD" if isinstance(part, (int, float)) else part
                   for key, part in row.items()}
            odd["samples"] = [{"measured": True, "elapsed_ns": "ODD", "messages": "ODD"}]
            text = json.dumps({"context": {"num_cpus": "ODD"}, "benchmarks": [odd]})
            if value is None:
                text = '{"context": {}, "benchmarks": [{"name": "ack/256/text/same/sleep"}]}'
            path = self.write(text.replace('"ODD"', value or ""))
            for form in JSON_FORMATS:
                found = strict(self.exported(path, "--format", form))
                self.assertNotIn("'value'", str(found))
            for form in ("csv", "markdown"):
                self.assertNotRegex(self.exported(path, "--format", form), r"(?i)\b(nan|inf|none)")
