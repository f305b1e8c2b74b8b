"""minitalk-kernel-check as the author of another kernel meets it: TAP that a machine reads,
failures that say all that is needed, programs in C that show a fact alone. That the facts hold here
are tests of their own (kernel.*); what is not as on Linux is made by strace, which lets calls fail.
"""
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

import yaml

from commands import BIN, SOURCE, TIMEOUT, run

PROGRAM = BIN / "minitalk-kernel-check"
KERNEL = SOURCE / "verify" / "kernel"
POINT = re.compile(r"^(?P<ok>ok|not ok) \d+ - \w+(?: # SKIP (?P<reason>.+))?$")


def names():
    return [line.split()[0] for line in run(PROGRAM, "--list").splitlines()]


def asked(*words, inject=None):
    """The exit status, and the lines of the answer; `inject` is what strace makes of a call."""
    tool = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={inject}"] if inject else []
    done = subprocess.run([*tool, PROGRAM, *words], capture_output=True, text=True, timeout=TIMEOUT,
                          check=False)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def details(lines):
    """The YAML block of the first failure."""
    begin, end = lines.index("  ---"), lines.index("  ...")
    return yaml.safe_load("\n".join(lines[begin + 1:end]))


def has_interpreter(elf):
    """Whether this 64-bit program asks for a dynamic linker."""
    offset, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    return any(struct.unpack_from("<I", elf, offset + size * i) == (3,) for i in range(count))


class Tap(unittest.TestCase):
    def test_one_fact(self):
        status, lines = asked("--only", "one_slot_per_number", "--seed", "7")
        self.assertEqual(status, 0)
        self.assertEqual(lines[:2], ["TAP version 14", "1..1"])
        self.assertRegex(lines[2], r"^# Linux \d")
        self.assertEqual(lines[3:], ["# seed 7", "ok 1 - one_slot_per_number"])

    def test_each_fact_is_a_file_and_has_a_line_in_the_registry(self):
        files = [path.stem for path in (KERNEL / "facts").glob("*.c")]
        facts = [name for name in names() if not name.startswith("model_")]
        self.assertEqual(sorted(files), sorted(facts))
        self.assertGreater(len(facts), 40)

    def test_what_cannot_be_asked_is_skipped_with_the_reason(self):
        status, lines = asked("--only", "limit_is_the_receivers", inject="prlimit64:error=EPERM")
        self.assertEqual((status, POINT.match(lines[4])["reason"]),
                         (0, "RLIMIT_SIGPENDING: Operation not permitted"))

    def test_there_is_no_such_fact(self):
        done = subprocess.run([PROGRAM, "--only", "x"], capture_output=True, text=True,
                              timeout=TIMEOUT, check=False)
        self.assertEqual((done.returncode, done.stdout), (64, ""))
        self.assertIn('there is no fact "x"; see minitalk-kernel-check --help', done.stderr)


class Failures(unittest.TestCase):
    def test_a_call_that_there_is_not(self):
        status, lines = asked("--only", "tgkill_names_its_sender", inject="tgkill:error=ENOSYS")
        self.assertEqual(status, 1)
        self.assertEqual(POINT.match(lines[4])["ok"], "not ok")
        self.assertEqual(lines[-1], "# 1 of 1 are not as on Linux")
        told = details(lines)
        self.assertEqual(told["found"], "tgkill: Function not implemented")
        self.assertEqual(told["reproducer"], "verify/kernel/facts/tgkill_names_its_sender.c")
        self.assertIn("SI_TKILL", told["linux"])
        self.assertIn("lane", told["matters"])

    def test_a_call_that_only_pretends(self):
        status, lines = asked("--only", "a_lost_signal_looks_sent", inject="kill:retval=0")
        self.assertEqual((status, details(lines)["found"]), (1, '"ab" instead of "abcd"'))

    def test_a_fact_that_dies(self):
        status, lines = asked("--only", "later_private_overtakes", inject="tgkill:signal=SIGSEGV")
        self.assertEqual((status, details(lines)["found"]), (1, "ended by signal 11"))

    def test_the_model_finds_it_and_the_seed_repeats_it(self):
        def found(seed):
            status, lines = asked("--only", "model_takes", "--seed", seed,
                                  inject="rt_tgsigqueueinfo:retval=0:when=5+")
            self.assertEqual(status, 1)
            told = details(lines)
            self.assertEqual(told["reproducer"],
                             f"minitalk-kernel-check --only model_takes --seed {seed}")
            self.assertRegex(told["found"], r"(?s)^Linux: .*\nkernel: .*\n#\d+ process ")
            return re.sub(r" pid \d+", "", told["found"])
        self.assertEqual(found("3"), found("3"))
        self.assertNotEqual(found("3"), found("4"))


class ForItself(unittest.TestCase):
    def test_it_needs_nothing(self):
        self.assertFalse(has_interpreter(PROGRAM.read_bytes()))
        self.assertTrue(has_interpreter((BIN / "minitalk-verify").read_bytes()))
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(PROGRAM, folder)
            done = subprocess.run(["./minitalk-kernel-check", "--only", "exec_keeps_pending"],
                                  cwd=folder, env={}, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=TIMEOUT, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("\nok 1 - exec_keeps_pending\n", done.stdout)

    def test_each_fact_is_a_program(self):
        facts = sorted((KERNEL / "facts").glob("*.c"))
        run("cc", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", *facts)
        with tempfile.TemporaryDirectory() as folder:
            for name in ("one_slot_per_number", "exec_keeps_pending"):
                run("cc", KERNEL / "facts" / f"{name}.c", "-o", f"{folder}/{name}")
                said = run(f"{folder}/{name}")
                self.assertRegex(said, r"^(Linux: .*\n)+It is so here\.\n$")
