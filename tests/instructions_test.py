"""The instruction gate: counts that are the same each time, and a waste of a few that it finds."""
import unittest

from commands import BUILD, lab
from minitalk.perf import instructions

PROGRAM = BUILD / "tests" / "minitalk_instructions"
SLOW = BUILD / "tests" / "minitalk_instructions_slow"


class Judging(unittest.TestCase):
    def test_what_valgrind_says(self):
        self.assertEqual(instructions.instructions_in("==1== I   refs:      1,234,567\n"), 1234567)
        with self.assertRaises(instructions.Failed):
            instructions.instructions_in("valgrind: bad option")

    def test_the_limit_is_a_share(self):
        base = {"a": 100.0, "b": 100.0, "c": 100.0}
        head = {"a": 100.4, "b": 100.6, "c": 99.0}
        self.assertEqual(instructions.more(base, head, 0.005), ["b"])
        self.assertEqual(instructions.more(head, base, 0.005), ["c"])


class Counting(unittest.TestCase):
    def compare(self, base, head):
        return lab("instructions", "--base-bin", base, "--head-bin", head, "--cases",
                   "^(crc|payloads|siginfo)$")

    def test_counts_are_the_same_each_time(self):
        cases = {"crc": 1024, "lanes": 1024}
        self.assertEqual(*(instructions.count(PROGRAM, cases) for _ in range(2)))

    def test_the_same_program_passes(self):
        done = self.compare(PROGRAM, PROGRAM)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("+0.00% | same |", done.stdout)

    def test_more_work_is_found(self):
        done = self.compare(PROGRAM, SLOW)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("crc, payloads, siginfo: more than 0.5% more", done.stdout)

    def test_less_work_passes(self):
        done = self.compare(SLOW, PROGRAM)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("| fewer |", done.stdout)

    def test_usage(self):
        for words in ([], ["--base", "HEAD", "--base-bin", PROGRAM], ["--base-bin", PROGRAM]):
            self.assertEqual(lab("instructions", *words).returncode, 64)
