"""The arithmetic of "x is 2.1 times as fast as y": on figures whose answer is known, and its
interval on many drawn samples."""
import itertools
import math
import random
import unittest

from minitalk.results import comparison


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
