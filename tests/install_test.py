#!/usr/bin/env python3
"""The library as a stranger finds it: installed into a tree of its own, with a protocol of theirs
(docs/examples/own_protocol) that is built against it, served, called, measured and explored.

    install_test.py BUILD SOURCE COMPILER"""
import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from commands import PATIENCE, run, started

BUILD, SOURCE, COMPILER = (pathlib.Path(word) for word in sys.argv[1:4])
EXAMPLE = SOURCE / "docs/examples/own_protocol"


class Install(unittest.TestCase):
    """Steps on one tree, in order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="minitalk-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        first = cls.root / "first"
        run("cmake", "--install", BUILD, "--prefix", first)
        # Nothing in it may know where it was installed.
        cls.tree = cls.root / "moved"
        first.rename(cls.tree)
        cls.program = cls.root / "build" / "own_protocol"

    def test_1_a_cmake_project_finds_it(self):
        run("cmake", "-S", EXAMPLE, "-B", self.program.parent, "-G", "Ninja",
            f"-DCMAKE_PREFIX_PATH={self.tree}", f"-DCMAKE_CXX_COMPILER={COMPILER}",
            "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror")
        run("cmake", "--build", self.program.parent)

    def test_2_server_and_client_talk_in_it(self):
        with started(self.program, "server", "--once", "--json") as server:
            pid = server.stdout.readline().strip()
            run(self.program, "client", pid, "hello", "--protocol", "nrzi")
            message = json.loads(server.stdout.readline())
            self.assertEqual(server.wait(PATIENCE), 0)
        self.assertEqual((message["text"], message["protocol"]), ("hello", "nrzi"))

    def test_3_the_menu_has_it_beside_ours(self):
        menu = run(self.program, "client", "--list-protocols")
        for name in ("nrzi", "lanes"):
            self.assertRegex(menu, rf"(?m)^{name} ")

    def test_4_the_bench_measures_it(self):
        out = self.root / "out.json"
        run(self.program, "bench", "--benchmark_filter=^nrzi/256/text/same/sleep$",
            "--benchmark_repetitions=1", f"--benchmark_out={out}")
        row, = json.loads(out.read_text())["benchmarks"]
        self.assertEqual((row["protocol"], row["messages_failed"]), ("nrzi", 0))
        self.assertGreater(row["bytes_per_second"], 0)

    def test_5_the_explorer_judges_it(self):
        out = self.root / "verdicts.json"
        run(self.program, "verify", "--quiet", "--filter=^nrzi/any schedule", f"--out={out}")
        verdict, = json.loads(out.read_text())["verdicts"]
        self.assertEqual((verdict["verdict"], verdict["complete"]), ("loss-free", True))

    @unittest.skipUnless(shutil.which("pkg-config"), "pkg-config is not installed")
    def test_6_pkg_config_tells_how_to_link_it(self):
        found = {**os.environ, "PKG_CONFIG_PATH": str(next(self.tree.glob("**/pkgconfig")))}
        words = run("pkg-config", "--cflags", "--libs", "minitalk", env=found).split()
        program = self.root / "by_pkg_config"
        run(COMPILER, *sorted(EXAMPLE.glob("*.cc")), "-o", program, *words)
        self.assertIn("nrzi", run(program, "client", "--list-protocols"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
