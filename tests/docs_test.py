"""The generated blocks of the documents: none is stale, and one that were would be found."""
import subprocess
import sys
import unittest

from commands import TIMEOUT
from minitalk.docs import blocks, described, markdown, roff
from paths import BIN, SOURCE

STALE = ("a\n<!-- generated: classic-words -->\n| old |\n<!-- end -->\nb\n",
         "<!-- generated: classic-words -->")


class Documents(unittest.TestCase):
    def test_none_is_stale(self):
        run = subprocess.run([sys.executable, SOURCE / "scripts/lab", "docs", "--check", "--bin",
                              BIN], capture_output=True, text=True, timeout=TIMEOUT, check=False)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))

    def test_a_stale_block_is_filled_and_nothing_else(self):
        described.FOLDER = BIN
        before, begin = STALE
        after = blocks.filled(before, markdown.BLOCKS)
        self.assertTrue(after.startswith(f"a\n{begin}\n| one of "), after)
        self.assertTrue(after.endswith("|\n<!-- end -->\nb\n"), after)
        self.assertEqual(blocks.filled(after, markdown.BLOCKS), after)

    def test_programs_describe_themselves(self):
        described.FOLDER = BIN
        for page, program in described.pages().items():
            with self.subTest(page):
                says = described.of(program)
                self.assertLessEqual({0, 64}, {one["status"] for one in says["exit_statuses"]})
                names = {name for option in says["options"] for name in option["names"]}
                self.assertLessEqual({"--help", "--describe"}, names)
                self.assertTrue(all(option["help"] for option in says["options"]))

    def test_manual_pages_show_text_as_it_is(self):
        self.assertEqual(roff.text(".a --b \\"), "\\&.a \\-\\-b \\e")
