"""perf-check's arithmetic, verdicts and procedure, on inputs whose answer is known."""
import collections
import io
import itertools
import json
import math
import pathlib
import random
import tempfile
import types
import unittest

import numpy

from minitalk import processes
from minitalk.perf import bench, intervals, judgement as verdicts, procedure, trials
from commands import SOURCE


try:
    import scipy.stats
except ImportError:
    scipy = None

GATED = bench.Case("ack/32/text/same/sleep")
LOSSY = bench.Case("usleep/16/text/same/sleep")


class WalshTest(unittest.TestCase):
    def test_averages_by_hand(self):
        self.assertEqual(list(intervals.walsh_averages([1, 2, 6])), [1, 1.5, 2, 3.5, 4, 6])
        self.assertEqual(intervals.hodges_lehmann([1, 2, 6]), 2.75)

    def test_one_and_two(self):
        self.assertEqual(intervals.hodges_lehmann([7]), 7)
        self.assertEqual(list(intervals.walsh_averages([1, 2])), [1, 1.5, 2])
        self.assertEqual(intervals.hodges_lehmann([1, 2]), 1.5)
        self.assertIsNone(intervals.interval([7]))
        self.assertIsNone(intervals.interval([1, 2]))

    def test_symmetric_inputs_have_their_centre(self):
        for values in ([-3, -1, 0, 1, 3], [2, 4, 6, 8], list(range(-20, 21))):
            middle = (min(values) + max(values)) / 2
            self.assertEqual(intervals.hodges_lehmann(values), middle)
            bounds = intervals.interval(values * 4)
            self.assertAlmostEqual(sum(bounds) / 2, middle)

    def test_ties(self):
        self.assertEqual(intervals.hodges_lehmann([0.5] * 16), 0.5)
        self.assertEqual(intervals.interval([0.5] * 16), (0.5, 0.5))
        self.assertEqual(intervals.hodges_lehmann([0, 0, 0, 0, 10]), 0)

    def test_rank_by_hand(self):
        # 16 * 17 / 4 - 2.576 * sqrt(16 * 17 * 33 / 24) = 68 - 49.82
        self.assertEqual(intervals.walsh_rank(16), 18)
        self.assertEqual(intervals.walsh_rank(intervals.FEWEST), 2)
        self.assertEqual(intervals.walsh_rank(intervals.FEWEST - 1), 0)
        # 64 * 65 / 4 - 2.576 * sqrt(64 * 65 * 129 / 24) = 1040 - 385.20
        self.assertEqual(intervals.walsh_rank(64), 654)

    def test_interval_is_made_of_these_ranks(self):
        values = [0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        averages = sorted((a + b) / 2
                          for a, b in itertools.combinations_with_replacement(values, 2))
        self.assertEqual(intervals.interval(values), (averages[1], averages[-2]))

    def test_one_odd_sample_hardly_matters(self):
        calm = [0.001 * i for i in range(16)]
        self.assertLess(abs(intervals.hodges_lehmann(calm[:-1] + [50])
                            - intervals.hodges_lehmann(calm)), 0.002)

    def test_what_is_no_number_is_refused(self):
        for values in ([], [math.nan], [1, math.inf], [[1, 2]]):
            with self.assertRaises(ValueError):
                intervals.hodges_lehmann(values)
        for heads, bases in (([1], [1, 2]), ([0], [1]), ([1], [-1]), ([math.nan], [1])):
            with self.assertRaises(ValueError):
                intervals.log_ratios(heads, bases)

    def test_log_ratio_by_hand(self):
        self.assertAlmostEqual(intervals.log_ratios([math.e, 1], [1, 1])[0], 1)
        self.assertEqual(intervals.log_ratios([3], [3])[0], 0)

    def test_coverage_on_heavy_tails(self):
        """What the interval promises, checked on samples that are nothing like normal."""
        dice = numpy.random.default_rng(1)
        missed = 0
        for _ in range(2000):
            low, high = intervals.interval(dice.standard_t(2, 16))
            missed += not low <= 0 <= high
        # 1 % of 2000 is 20; 40 has a probability below 0.0001.
        self.assertLess(missed, 40)
        self.assertGreater(missed, 2)


@unittest.skipIf(scipy is None, "scipy is not installed here: nothing to compare with")
class AgainstScipyTest(unittest.TestCase):
    def test_interval_is_what_wilcoxons_test_does_not_reject(self):
        dice = numpy.random.default_rng(2)
        for count in (16, 32):
            values = dice.standard_normal(count)
            low, high = intervals.interval(values)
            inside = scipy.stats.wilcoxon(values - (low + 1e-6), mode="exact").pvalue
            outside = scipy.stats.wilcoxon(values - (low - 0.15), mode="exact").pvalue
            self.assertGreater(inside, 0.005)
            self.assertLess(outside, 0.02)
            self.assertGreater(scipy.stats.wilcoxon(values - (high - 1e-6),
                                                    mode="exact").pvalue, 0.005)

    def test_bounds_of_a_probability(self):
        for successes, tries in ((0, 10), (3, 10), (10, 10), (1, 200)):
            exact = scipy.stats.binomtest(successes, tries).proportion_ci(0.95, "exact")
            for ours, theirs in zip(intervals.clopper_pearson(successes, tries), exact):
                self.assertAlmostEqual(ours, theirs, places=6)


class ClopperPearsonTest(unittest.TestCase):
    def test_by_hand(self):
        low, high = intervals.clopper_pearson(0, 10)
        self.assertEqual(low, 0)
        self.assertAlmostEqual(high, 1 - 0.025**0.1)
        low, high = intervals.clopper_pearson(10, 10)
        self.assertAlmostEqual(low, 0.025**0.1)
        self.assertEqual(high, 1)
        for wrong in ((1, 0), (-1, 3), (4, 3)):
            with self.assertRaises(ValueError):
                intervals.clopper_pearson(*wrong)


class OrderTest(unittest.TestCase):
    def test_neighbours_and_places(self):
        dice = random.Random(1)
        places = {"base": collections.Counter(), "head": collections.Counter()}
        for _ in range(4000):
            order = procedure.draw_order(dice)
            self.assertEqual(sorted(order), ["base", "control", "head"])
            self.assertEqual(abs(order.index("base") - order.index("head")), 1)
            for side, seen in places.items():
                seen[order.index(side)] += 1
        for seen in places.values():
            for place, share in enumerate((0.25, 0.5, 0.25)):
                self.assertAlmostEqual(seen[place] / 4000, share, delta=0.05)


def sample(seconds=1.0, **more):
    return {"measured": True, "messages": 30, "messages_failed": 0, "session_wrong": 0,
            "bytes_per_second": 1 / seconds, "latency_ns_p50": 32e9 * seconds,
            "latency_ns_p99": None, "bit_loss": 0.0, "signals_per_byte": 16.0, "floor_ns": 5000.0,
            **more}


def synthetic(slowdown=1.0, noise=0.03, count=16, seed=1, **head):
    """Rounds of a machine that drifts by a factor of three and scatters by `noise`."""
    dice = random.Random(seed)
    made = []
    for i in range(count):
        drift = 1 + 2 * i / count
        taken = {side: drift * math.exp(dice.gauss(0, noise))
                 for side in ("base", "head", "control")}
        made.append({"order": ["base", "head", "control"], "base": sample(taken["base"]),
                     "head": sample(taken["head"] * slowdown, **head),
                     "control": sample(taken["control"])})
    return made


def judge(rounds, case=GATED, calls=((32.1,), (32.1,))):
    return verdicts.judge_case(case, rounds, calls, 0.10)


class VerdictTest(unittest.TestCase):
    def test_identical_passes_in_spite_of_drift(self):
        for seed in range(20):
            self.assertEqual(judge(synthetic(seed=seed))["verdict"], verdicts.PASS)

    def test_a_planted_slowdown_is_found(self):
        for seed in range(20):
            self.assertEqual(judge(synthetic(1.3, seed=seed))["verdict"], verdicts.REGRESSED)

    def test_a_speed_up_is_told(self):
        self.assertEqual(judge(synthetic(1 / 1.3))["verdict"], verdicts.IMPROVED)

    def test_on_the_edge_nothing_is_said(self):
        self.assertEqual(judge(synthetic(1.1))["verdict"], verdicts.INCONCLUSIVE)

    def test_a_noisy_control_takes_back_every_verdict(self):
        for slowdown in (0.2, 1, 5):
            self.assertEqual(judge(synthetic(slowdown, noise=0.8))["verdict"],
                             verdicts.INCONCLUSIVE)

    def test_too_few_pairs_are_inconclusive(self):
        self.assertEqual(judge(synthetic(2, count=9))["verdict"], verdicts.INCONCLUSIVE)

    def test_damage_and_timeouts(self):
        damaged = judge(synthetic(messages_failed=1))
        self.assertEqual(damaged["verdict"], verdicts.REGRESSED)
        self.assertEqual(damaged["intact"]["new"], ["messages_failed"])
        self.assertEqual(judge(synthetic(measured=False))["intact"]["new"], ["timeouts"])
        self.assertEqual(judge(synthetic(session_wrong=1), LOSSY)["verdict"], verdicts.REGRESSED)
        self.assertEqual(judge(synthetic(messages_failed=1), LOSSY)["verdict"], verdicts.PASS)

    def test_damage_on_both_sides_is_no_regression(self):
        rounds = synthetic(messages_failed=1)
        for one in rounds:
            one["base"]["messages_failed"] = 1
        self.assertEqual(judge(rounds)["verdict"], verdicts.INCONCLUSIVE)

    def test_signals_may_rise_by_half_a_percent(self):
        for signals, verdict, named in ((16.0, verdicts.PASS, False), (16.05, verdicts.PASS, True),
                                        (16.1, verdicts.REGRESSED, True),
                                        (12.0, verdicts.PASS, True)):
            told = judge(synthetic(signals_per_byte=signals))["signals_per_byte"]
            self.assertEqual((told["verdict"], told["named"]), (verdict, named), signals)

    def test_signals_that_vary_by_themselves_raise_no_alarm(self):
        dice = random.Random(3)
        rounds = synthetic()
        for one in rounds:
            for side in ("base", "head"):
                one[side]["signals_per_byte"] = 14.7 * math.exp(dice.gauss(0, 0.01))
        self.assertEqual(judge(rounds)["signals_per_byte"]["verdict"], verdicts.PASS)

    def test_system_calls(self):
        def told(base, head):
            return verdicts.judge_calls(base, head)["verdict"]
        self.assertEqual(told([32.0], [32.1]), verdicts.PASS)
        self.assertEqual(told([32.0], [32.2]), verdicts.REGRESSED)
        self.assertEqual(told([32.0, 32.3, 32.2], [32.4, 32.2, 32.5]), verdicts.PASS)
        self.assertEqual(told([], [32.0]), verdicts.UNAVAILABLE)
        self.assertEqual(judge(synthetic(), calls=((), ()))["verdict"], verdicts.PASS)
        self.assertTrue(verdicts.judge_calls([32.0], [30.0])["named"])

    def test_loss_may_rise_by_one_percentage_point(self):
        for loss, verdict in ((0.005, verdicts.PASS), (0.02, verdicts.REGRESSED)):
            self.assertEqual(judge(synthetic(bit_loss=loss), LOSSY)["verdict"], verdict)

    def test_p99_only_warns(self):
        rounds = synthetic(latency_ns_p99=3000.0)
        for one in rounds:
            one["base"]["latency_ns_p99"] = one["control"]["latency_ns_p99"] = 1000.0
        judged = judge(rounds)
        self.assertEqual(judged["verdict"], verdicts.PASS)
        p99 = next(told for told in judged["metrics"] if told["metric"] == "latency_p99")
        self.assertEqual(p99["verdict"], verdicts.REGRESSED)

    def test_a_regression_wants_a_second_look_and_damage_does_not(self):
        slow, same, damaged = (judge(rounds) for rounds in (
            synthetic(1.3), synthetic(), synthetic(messages_failed=1)))
        self.assertEqual(verdicts.after_confirmation(slow, slow), verdicts.REGRESSED)
        self.assertEqual(verdicts.after_confirmation(slow, same), verdicts.INCONCLUSIVE)
        self.assertEqual(verdicts.after_confirmation(damaged, same), verdicts.REGRESSED)

    def test_no_goodput_at_all_is_no_pass(self):
        rounds = synthetic()
        for one in rounds:
            one["head"]["bytes_per_second"] = 0.0
        self.assertEqual(judge(rounds, LOSSY)["verdict"], verdicts.INCONCLUSIVE)


class FakeBench:
    """A bench that takes no time: `slowdown` of the seed tells how slow it is."""

    def __init__(self, slowdown=lambda seed: 1.0, calls=32.0, hangs=False, noise=0.02):
        self.slowdown = slowdown
        self.calls = calls
        self.hangs = hangs
        self.noise = noise
        self.dice = random.Random(7)
        self.seeds = []

    def rows(self, _cases):
        return {GATED.name}

    def sample(self, _case, seed, _seconds):
        self.seeds.append(seed)
        return sample(self.slowdown(seed) * math.exp(self.dice.gauss(0, self.noise)),
                      measured=not self.hangs)

    def calls_per_byte(self, _case, _seed):
        return self.calls


class ProcedureTest(unittest.TestCase):
    def run_case(self, base, head, case=GATED, **more):
        options = types.SimpleNamespace(**{"delta": 0.1, "max_pairs": 64, "seed": 5, "seconds": 1,
                                           "calls": True, "budget": 100, **more})
        self.comparison = procedure.Comparison(base, head, options,
                                               procedure.Progress(io.StringIO()))
        return self.comparison.run([case])[0]

    def test_looks(self):
        self.assertEqual(procedure.looks_until(64), [16, 32, 64])
        self.assertEqual(procedure.looks_until(10), [10])
        self.assertEqual(procedure.looks_until(100), [16, 32, 64, 100])

    def test_what_is_clear_takes_one_look(self):
        head = FakeBench()
        told = self.run_case(FakeBench(), head)
        self.assertEqual((told["verdict"], told["first"]["pairs"]), (verdicts.PASS, 16))
        self.assertEqual(len(head.seeds), 17)  # one to warm up
        self.assertEqual(set(head.seeds), {5})

    def test_what_is_on_the_edge_takes_all(self):
        told = self.run_case(FakeBench(), FakeBench(lambda seed: 1.1))
        self.assertEqual((told["verdict"], told["first"]["pairs"]), (verdicts.INCONCLUSIVE, 64))

    def test_a_regression_is_looked_at_again_with_another_seed(self):
        told = self.run_case(FakeBench(), FakeBench(lambda seed: 1.3))
        self.assertEqual((told["verdict"], told["confirmation"]),
                         (verdicts.REGRESSED, "confirmed"))
        told = self.run_case(FakeBench(), FakeBench(lambda seed: 1.3 if seed == 5 else 1.0))
        self.assertEqual((told["verdict"], told["confirmation"]),
                         (verdicts.INCONCLUSIVE, "not confirmed"))

    def test_an_advisory_case_gets_one_look(self):
        advisory = bench.Case("ack/32/text/cross/spin")
        told = self.run_case(FakeBench(), FakeBench(lambda seed: 1.1), advisory)
        self.assertEqual((told["first"]["pairs"], told["second"]), (16, None))

    def test_a_head_that_hangs_is_not_asked_for_ever(self):
        told = self.run_case(FakeBench(), FakeBench(hangs=True))
        self.assertEqual((told["verdict"], told["confirmation"]),
                         (verdicts.REGRESSED, "confirmed"))
        self.assertLessEqual(told["first"]["pairs"], 2)

    def test_more_system_calls_fail_whatever_the_time(self):
        told = self.run_case(FakeBench(noise=1), FakeBench(calls=33.0, noise=1))
        self.assertEqual(told["verdict"], verdicts.REGRESSED)
        self.assertEqual(told["first"]["calls"], ([32.0] * 3, [33.0] * 3))

    def test_a_bench_that_cannot_count_is_no_failure(self):
        told = self.run_case(FakeBench(calls=None), FakeBench())
        self.assertEqual(told["verdict"], verdicts.PASS)
        self.assertEqual(told["first"]["calls_per_byte"]["verdict"], verdicts.UNAVAILABLE)

    def test_no_look_is_begun_that_ends_too_late(self):
        told = self.run_case(FakeBench(), FakeBench(lambda seed: 1.1), budget=0)
        self.assertEqual((told["verdict"], told["first"]["pairs"]), (verdicts.INCONCLUSIVE, 16))
        self.assertIn("--budget", self.comparison.warnings[0])

    def test_rows_that_a_side_lacks_are_left_out(self):
        self.run_case(FakeBench(), FakeBench())
        new = bench.Case("new/32/text/same/sleep")
        possible, skipped = self.comparison.select([GATED, new], 2)
        self.assertEqual(possible, [GATED])
        self.assertEqual([one["name"] for one in skipped], [new.name])
        with self.assertRaises(processes.Failed):
            self.comparison.select([new], 2)


class TrialTest(unittest.TestCase):
    def test_every_slowdown_in_turn_and_on_from_there(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "trial.json"
            journal = trials.Journal(path, {"load": 0})
            self.assertEqual([slowdown for slowdown, _ in journal.left(2, (0.0, 0.3))],
                             [0.0, 0.3, 0.0, 0.3])
            journal.append({"slowdown": 0.0, "cases": [
                {"verdict": "regressed", "first": "regressed", "estimate": 0.0,
                 "p50_estimate": None}]})
            again = trials.Journal(path, {"load": 0})
            self.assertEqual(again.left(1, trials.SLOWDOWNS),
                             [(slowdown, 0) for slowdown in trials.SLOWDOWNS[1:]])
            with self.assertRaises(processes.Failed):
                trials.Journal(path, {"load": 1})
        line = trials.summarize(again.document["trials"])[0]
        self.assertEqual(line["failed"]["count"], 1)
        self.assertIn("1 of 1 (3 to 100 %)", trials.table([line]))

    def test_the_docs_tell_what_the_kept_trials_say(self):
        source = SOURCE
        kept = sorted((source / "results").glob("perf-trial-*.json"))
        self.assertTrue(kept)
        docs = (source / "docs" / "methodology.md").read_text(encoding="utf-8")
        for path in kept:
            document = json.loads(path.read_text(encoding="utf-8"))
            self.assertEqual(document["summary"], trials.summarize(document["trials"]))
            self.assertIn(trials.table(document["summary"]), docs, path.name)
            self.assertIn(path.name, docs)
