"""Results beside one another. "x is 2.1 times as fast as y": on figures whose answer is known, and
its interval on many drawn samples. And the series of results: what a run adds, that it is added
once, and that it is drawn the same way twice."""
import itertools
import json
import math
import pathlib
import random
import re
import statistics
import tempfile
import unittest

from commands import lab, SOURCE
from minitalk.plots import over_time
from minitalk.results import comparison, reading


def row(protocol, rates, kind="signal-number", **more):
    """Repetitions of these rates, each beside a floor of one microsecond."""
    samples = [{"measured": True, "bytes_per_second": rate, "floor_before_ns": 1000,
                "floor_after_ns": 1000, "messages_failed": 0, "bits_sent": 8, "bits_received": 8,
                "bits_wrong": 0} for rate in rates]
    return {"name": protocol, "protocol": protocol, "kind": kind, "pin": "cross", "wait": "spin",
            "payload": "text", "size_bytes": 256, "samples": samples,
            "bytes_per_second": sorted(rates)[len(rates) // 2], **more}


class RatioTest(unittest.TestCase):
    def test_figures_whose_answer_is_known(self):
        found = comparison.ratio(row("a", [20, 21, 22, 23, 24]), row("b", [10] * 5))
        for value, wanted in zip(found, (2.2, 2.0, 2.4)):
            self.assertAlmostEqual(value, wanted)
        self.assertTrue(found.known)
        self.assertFalse(comparison.ratio(row("a", range(1, 6)), row("b", range(1, 6))).known)

    def test_the_machines_drift_falls_out(self):
        slowed = row("a", [10, 20, 10, 20, 10])
        for sample in slowed["samples"]:
            sample["floor_before_ns"] = sample["floor_after_ns"] = 1e4 / sample["bytes_per_second"]
        found = comparison.ratio(slowed, row("b", [5] * 5))
        for end in found:
            self.assertAlmostEqual(end, 2)

    def test_the_interval_is_mann_and_whitneys(self):
        for n, m in ((2, 3), (4, 4), (5, 3)):
            counted = [sum(a > b for a in chosen for b in set(range(n + m)) - set(chosen))
                       for chosen in itertools.combinations(range(n + m), n)]
            for u in range(n * m + 1):
                self.assertEqual(comparison.arrangements(u, n, m), counted.count(u))
        # From the tables of the U test, two-sided, 5 %: the critical value and one.
        for n, m, critical in ((4, 4, 0), (4, 5, 1), (5, 5, 2), (8, 8, 13), (10, 10, 23),
                               (20, 20, 127)):
            self.assertEqual(comparison.end_rank(n, m), critical + 1)
        self.assertEqual([comparison.end_rank(3, 3), comparison.end_rank(1, 9)], [0, 0])
        self.assertAlmostEqual(comparison.end_rank(20, 21), comparison.end_rank(20, 20), delta=10)

    def test_it_holds_the_truth_as_often_as_it_says(self):
        source, held, trials = random.Random(1), 0, 2000
        for _ in range(trials):
            rates = [[factor * math.exp(source.gauss(0, 0.3)) for _ in range(5)]
                     for factor in (2, 1)]
            found = comparison.ratio(row("a", rates[0]), row("b", rates[1]))
            held += found.low <= 2 <= found.high
        self.assertGreater(held / trials, 0.95)

    def test_words(self):
        quick, slow = row("quick", [20, 21, 22, 23, 24]), row("slow", [10] * 5)
        told = "quick is 2.20 times as fast as slow (95 % interval 2.00 to 2.40)"
        self.assertEqual(comparison.words(quick, slow), told)
        self.assertEqual(comparison.words(slow, quick), told)
        self.assertEqual(comparison.words(quick, row("b", [10])),
                         "quick is 2.20 times as fast as b (too few repetitions for an interval)")
        self.assertEqual(comparison.words(row("a", range(10, 15)), row("b", range(10, 15))),
                         "whether a is faster than b cannot be told: 95 % interval 0.79 to 1.27")
        self.assertIsNone(comparison.words(quick, row("b", [0] * 5)))
        self.assertIsNone(comparison.words(quick, row("b", [1], samples=[])))


class HeadlineTest(unittest.TestCase):
    def test_a_headline_is_of_rows_that_lost_nothing(self):
        lossy = row("lossy", [99] * 5)
        lossy["samples"][3]["bits_received"] = 7
        wrong = row("wrong", [98] * 5)
        wrong["samples"][0]["bits_wrong"] = 1
        rows = [lossy, wrong, row("right", [9] * 5), row("ack", [5] * 5),
                row("right:20", [50] * 5), row("carried", [500] * 5, "payload"),
                row("pipe", [900] * 5, "carrier"),
                row("failed", [1000], error_occurred=True, samples=[])]
        (place, mine), = comparison.conditions(rows)
        self.assertEqual(place, ("cross", "spin"))
        self.assertEqual(comparison.fastest(mine, comparison.BARE)["protocol"], "right")
        self.assertEqual(comparison.fastest(mine, comparison.BARE, frozenset(["right"]))
                         ["protocol"], "ack")
        self.assertEqual(comparison.fastest(mine, comparison.PAYLOAD)["protocol"], "carried")
        (_, size, told), = comparison.summary(rows)
        self.assertEqual((size, [line.partition(" (")[0] for line in told]),
                         (256, ["carried is 100 times as fast as ack",
                                "right is 1.80 times as fast as ack"]))
        self.assertEqual(comparison.summary([rows[0], rows[6]]), [])


REFERENCE = SOURCE / "results" / "reference.json"


class HistoryTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.history = self.folder / "history.jsonl"
        self.document = json.loads(REFERENCE.read_text())

    def run_script(self, *words):
        return lab("history", "--history", self.history, *words)

    def done(self, *words):
        run = self.run_script(*words)
        self.assertEqual(run.returncode, 0, run.stderr)

    def refused(self, status, *words):
        run = self.run_script(*words)
        self.assertEqual((run.returncode, run.stdout), (status, ""), run.stderr)
        self.assertRegex(run.stderr, r"^lab history: [^\n]+; [^\n]+\n$")

    def write(self, **context):
        self.document["context"].update(context)
        path = self.folder / "result.json"
        path.write_text(json.dumps(self.document))
        return path

    def lines(self):
        return [json.loads(line) for line in self.history.read_text().splitlines()]

    def test_a_run_is_a_line_a_row(self):
        failed, lost = self.document["benchmarks"][:2]
        failed.update(error_occurred=True)
        for sample in failed["samples"]:
            sample["measured"] = False
        lost["samples"][0]["measured"] = False
        self.done("add", self.write())
        lines = {line["row"]: line for line in self.lines()}
        rows = [row for row in self.document["benchmarks"]
                if row["kind"] != "carrier" and row is not failed]
        self.assertEqual(list(lines), [row["name"] for row in rows])
        for row in rows:
            line = lines[row["name"]]
            if row is not lost:
                of_row = row["bits_per_floor_round"]
                self.assertAlmostEqual(line["bits_per_floor_round"], of_row, delta=of_row / 1e4)
            self.assertEqual(line["n"], len(reading.measured(row)))
            self.assertLessEqual(line["q1"], line["bits_per_floor_round"])
            self.assertGreaterEqual(line["q3"], line["bits_per_floor_round"])
            self.assertEqual(line["commit"], self.document["context"]["git_commit"])
            self.assertIs(line["dirty"], False)
        self.assertEqual(lines[lost["name"]]["n"], 4)

    def test_quartiles(self):
        self.assertEqual(reading.quartiles([3.0]), (3, 3, 3))
        self.assertEqual(reading.quartiles([1.0, 3.0]), (1.5, 2, 2.5))
        values = [5.0, 1.0, 4.0, 2.0, 3.0]
        self.assertEqual(reading.quartiles(values), (2, statistics.median(values), 4))

    def test_a_run_is_added_once(self):
        self.done("add", REFERENCE)
        first = self.history.read_bytes()
        self.refused(65, "add", REFERENCE)
        self.assertEqual(self.history.read_bytes(), first)
        for change in ({"git_commit": "1" * 40}, {"date": "2027-01-01T00:00:00+00:00"},
                       {"kernel": "Linux 9"}, {"cpu_model": "another"}, {"cpu_count": 64}):
            self.done("add", self.write(**change))
        self.assertEqual(len(self.lines()), 6 * first.count(b"\n"))

    def test_force_replaces_the_run_and_nothing_else(self):
        self.done("add", REFERENCE)
        self.done("add", self.write(git_commit="1" * 40, git_dirty=True))
        before = self.lines()
        self.document["benchmarks"] = self.document["benchmarks"][:3]
        self.done("add", self.write(), "--force")
        after = self.lines()
        self.assertEqual(after[:-3], before[:len(before) // 2])
        self.assertEqual([line["dirty"] for line in after[-3:]], [True] * 3)

    def test_files_that_are_no_results(self):
        self.refused(66, "add", self.folder / "absent.json")
        for context in ({"date": None}, {"git_commit": 1}, {"git_dirty": "yes"}):
            self.refused(65, "add", self.write(**context))
            self.document = json.loads(REFERENCE.read_text())
        self.document["benchmarks"] = [row for row in self.document["benchmarks"]
                                       if row["kind"] == "carrier"]
        self.refused(65, "add", self.write())
        self.document = json.loads(REFERENCE.read_text())
        self.document["benchmarks"][0]["name"] = "a/\ud800/c/d/e"  # half a character
        self.refused(65, "add", self.write())
        self.assertFalse(self.history.exists())
        self.refused(66, "plot")
        self.assertEqual(self.run_script("nonsense").returncode, 64)
        self.assertEqual(self.run_script().returncode, 64)

    def test_a_damaged_history_is_named_by_its_line(self):
        self.done("add", REFERENCE)
        whole = self.history.read_text()
        first = whole.splitlines()[0]
        for damage in ("{", "1", "{}", first.replace("siginfo/16/", "siginfo/"),
                       first.replace("false", "0"), re.sub(r'"n":(\d+)', r'"n":"\1"', first)):
            self.history.write_text(f"{first}\n{damage}\n")
            for words in (["add", REFERENCE], ["plot"]):
                self.refused(65, *words)
                self.assertIn("history.jsonl:2 ", self.run_script(*words).stderr)
        self.history.write_text("")
        self.refused(66, "plot")

    def test_an_unwritable_place(self):
        self.history = pathlib.Path("/proc/history.jsonl")
        self.refused(73, "add", REFERENCE)

    def test_a_device_is_not_replaced(self):
        self.history.symlink_to("/dev/null")
        self.done("add", REFERENCE)
        self.assertTrue(self.history.is_char_device())

    def test_a_folder_is_made(self):
        self.history = self.folder / "new" / "history.jsonl"
        self.done("add", REFERENCE)
        self.assertTrue(self.history.is_file())

    def test_pictures_are_the_same_twice(self):
        self.done("add", REFERENCE)
        self.done("add", self.write(git_commit="1" * 40, git_dirty=True, date="2027-01-01"))
        self.done("add", self.write(git_commit="2" * 40, kernel="Linux 9", date="2027-01-02"))
        for folder in ("first", "second"):
            self.done("plot", "--out", self.folder / folder)
        for name in ("history.png", "history.svg"):
            self.assertEqual((self.folder / "first" / name).read_bytes(),
                             (self.folder / "second" / name).read_bytes())
        drawn = (self.folder / "first" / "history.svg").read_text()
        for word in ("lanes", "1111111+ 2027-01-01", "break where the machine changes", "Hollow"):
            self.assertIn(f"<!-- {word}" if word == "lanes" else word, drawn)
        self.refused(65, "plot", "--condition", "3/text")

    def test_lines_break_where_the_machine_changes(self):
        runs = [{"machine": machine} for machine in "aabba"]
        self.assertEqual(over_time.stretches(runs), [[0, 1], [2, 3], [4]])
        self.assertEqual(over_time.stretches([]), [])

    def test_the_projects_own_history(self):
        self.history = SOURCE / "results" / "reference-history.jsonl"
        self.assertLess(max(map(len, self.history.read_text().splitlines())), 400)
        self.done("plot", "--out", self.folder)
