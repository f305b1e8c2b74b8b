"""What is installed, as a stranger finds it: the library in a tree of its own, with a protocol of
theirs (docs/examples/own_protocol) that is built against it, served, called, measured and explored;
and the Debian package, built by CPack, unpacked into a folder, and its programs run from there."""
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from commands import BUILD, COMPILER, PAIRS, run, SOURCE, started, TIMEOUT

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

    def test_1_a_pair_needs_neither_google_benchmark_nor_boost(self):
        folder = self.root / "pair"
        run("cmake", "-S", EXAMPLE, "-B", folder, "-G", "Ninja",
            f"-DCMAKE_PREFIX_PATH={self.tree}", f"-DCMAKE_CXX_COMPILER={COMPILER}",
            *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("benchmark", "Boost")))
        run("cmake", "--build", folder)
        self.assertFalse((folder / "own_protocol").exists())
        self.assertNotRegex(run("ldd", folder / "own_pair"), "benchmark|boost")
        with started(folder / "own_pair", "server", "--once") as server:
            run(folder / "own_pair", "client", server.stdout.readline().strip(), "hello")
            self.assertEqual(server.stdout.readline(), "hello\n")

    def test_1_public_headers_are_those_that_are_declared(self):
        core = self.tree / "include" / "minitalk" / "core"
        self.assertEqual({path.parent.name for path in core.rglob("*.h")}, {"wire"})

    def test_2_server_and_client_talk_in_it(self):
        with started(self.program, "server", "--once", "--json") as server:
            pid = server.stdout.readline().strip()
            run(self.program, "client", pid, "hello", "--protocol", "nrzi")
            message = json.loads(server.stdout.readline())
            self.assertEqual(server.wait(TIMEOUT), 0)
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

    def test_6_the_scripts_run_in_a_folder_of_somebody_s(self):
        """From there, with results there, and with nothing written beside the scripts."""
        folder = self.root / "a student's folder"
        shutil.copytree(PAIRS, folder)
        programs = self.tree / "bin"
        before = sorted(path for path in self.tree.rglob("*"))
        pair = folder / "correct"
        said = run(programs / "minitalk-grade", "--only=^(pid|100-char|rank)", cwd=pair)
        self.assertIn("results/grade-partial.json", said)
        document = json.loads((pair / "results" / "grade-partial.json").read_text())
        statuses = {check["name"]: (check["status"], check["reason"])
                    for check in document["checks"]}
        self.assertEqual(statuses["100-characters"][0], "OK", statuses)
        self.assertNotIn("there is no", statuses["rank"][1])
        run(programs / "minitalk-interop", "correct/manifest.json", cwd=folder)
        pairs = json.loads((folder / "results" / "interop.json").read_text())["pairs"]
        self.assertEqual({pair["client"] for pair in pairs}, {"minitalk", "correct"})
        run(programs / "minitalk-report", SOURCE.resolve() / "results" / "reference.json",
            cwd=folder)
        page = (folder / "results" / "report.html").read_text()
        self.assertTrue("<img " in page and "data:image/" in page, "the page has no pictures")
        self.assertEqual(sorted(path for path in self.tree.rglob("*")), before)

    def test_6_bash_completes_what_the_scripts_take(self):
        """Their help is written by another library than that of the programs."""
        ask = ('source "$1"; COMP_WORDS=("${@:2}"); COMP_CWORD=$(($# - 2)); _minitalk; '
               "printf '%s\\n' \"${COMPREPLY[@]}\"")
        completions = self.tree / "share" / "bash-completion" / "completions"
        for words, expected in ((("grade", "--bu"), "--budget\n"),
                                (("interop", "--pin", "c"), "cross\n"),
                                (("report", "--ver"), "--verdicts\n"),
                                (("report", "--out", f"{completions}/minitalk-gr"),
                                 f"{completions}/minitalk-grade\n")):
            name = f"minitalk-{words[0]}"
            offered = run("bash", "--norc", "-c", ask, "bash", completions / name,
                          self.tree / "bin" / name, *words[1:])
            self.assertEqual(offered, expected, words)

    def test_7_installed_scripts_speak_of_what_is_installed(self):
        for name in ("grade", "interop", "report"):
            called = f"minitalk-{name}"
            told = run(self.tree / "bin" / called, "--help")
            self.assertRegex(told, rf"(?m)^ +{called} ")
            self.assertNotRegex(told, r"scripts/|(?m:^ +make )|\.py")
            done = subprocess.run([self.tree / "bin" / called, "--nonsense"], text=True,
                                  capture_output=True, timeout=TIMEOUT, check=False)
            self.assertEqual(done.returncode, 64)
            self.assertTrue(done.stderr.startswith(f"{called}: "), done.stderr)

    @unittest.skipUnless(shutil.which("pkg-config"), "pkg-config is not installed")
    def test_6_pkg_config_tells_how_to_link_it(self):
        found = {**os.environ, "PKG_CONFIG_PATH": str(next(self.tree.glob("**/pkgconfig")))}
        for main, packages in (("pair.cc", ["minitalk"]),
                               ("main.cc", ["minitalk-bench", "minitalk-verify"])):
            words = run("pkg-config", "--cflags", "--libs", *packages, env=found).split()
            program = self.root / f"{main}.by_pkg_config"
            run(COMPILER, EXAMPLE / main, EXAMPLE / "nrzi.cc", "-o", program, *words)
            self.assertIn("nrzi", run(program, "client", "--list-protocols"))


MAN = SOURCE / "packaging/man"
PROGRAMS = ["server", "client", "bench", "verify", "carrier", "pair", "explore", "kernel-check",
            "grade", "interop", "report"]


@unittest.skipUnless(shutil.which("dpkg-deb") and shutil.which("dpkg-shlibdeps"),
                     "dpkg-dev is not installed")
class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="minitalk-deb-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder)
        cls.package, = folder.glob("*.deb")
        cls.root = folder / "root"
        run("dpkg-deb", "-x", cls.package, cls.root)
        cls.bin = cls.root / "usr" / "bin"

    def field(self, name):
        return run("dpkg-deb", "-f", self.package, name).strip()

    def path(self, name):
        return self.root / "usr" / "share" / name

    def test_it_says_what_it_is(self):
        version = run(self.bin / "minitalk-client", "--version").split()[1]
        architecture = run("dpkg", "--print-architecture").strip()
        self.assertEqual(self.package.name, f"minitalk_{version}-1_{architecture}.deb")
        for name, expected in (("Package", "minitalk"), ("Version", f"{version}-1"),
                               ("Architecture", architecture), ("Section", "utils"),
                               ("Priority", "optional")):
            self.assertEqual(self.field(name), expected)
        self.assertRegex(self.field("Maintainer"), r"^.+ <.+@.+>$")
        self.assertRegex(self.field("Description"), r"(?s)^processes that talk.*\n A server and")
        self.assertIn("python3", self.field("Depends"))
        for package in ("python3-jinja2", "python3-matplotlib", "python3-numpy"):
            self.assertIn(package, self.field("Recommends"))
        for package in ("strace", "valgrind"):
            self.assertIn(package, self.field("Suggests"))
        for library in ("libc6", "libstdc++6"):
            self.assertRegex(self.field("Depends"), rf"(^|, ){re.escape(library)}\S* \(>= ")

    def test_it_holds_the_programs_and_nothing_to_build_with(self):
        listed = run("dpkg-deb", "-c", self.package).splitlines()
        for line in listed:
            self.assertRegex(line, r"^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--|lrwxrwxrwx) root/root ")
        files = [line.split()[5].removeprefix("./") for line in listed if not line.startswith("d")]
        self.assertEqual({name for name in files if name.startswith("usr/bin/")},
                         {f"usr/bin/minitalk-{name}" for name in PROGRAMS})
        for name in files:
            self.assertRegex(name, r"^usr/(bin|libexec/minitalk|share/(man|doc/minitalk|"
                             r"minitalk/(scripts|results)|bash-completion|zsh))/")

    def test_man_pages(self):
        pages = sorted(path for path in self.path("man").rglob("*") if path.is_file())
        self.assertEqual({path.name for path in pages},
                         {f"{path.name}.gz" for path in MAN.iterdir()})
        for page in pages:
            packed = page.read_bytes()
            self.assertEqual(packed[3:8], bytes(5), "gzip without a name and a time")
            self.assertEqual(gzip.decompress(packed), (MAN / page.stem).read_bytes())

    def test_terms_and_changes(self):
        doc = self.path("doc/minitalk")
        terms = (doc / "copyright").read_text()
        for paragraph in (SOURCE / "LICENSE").read_text().split("\n\n")[2:]:
            self.assertIn(paragraph.strip().splitlines()[0], terms)
        self.assertIn("The minitalk maintainers", terms)
        changes = gzip.decompress((doc / "changelog.gz").read_bytes())
        self.assertEqual(changes, (SOURCE / "CHANGELOG.md").read_bytes())
        debian = gzip.decompress((doc / "changelog.Debian.gz").read_bytes()).decode()
        self.assertTrue(debian.startswith(f"minitalk ({self.field('Version')}) "))

    def test_completions(self):
        bash = self.path("bash-completion/completions")
        for name in PROGRAMS:
            offered = run("bash", "--norc", "-c", 'source "$1"; complete -p "$2"', "bash",
                          bash / f"minitalk-{name}", f"minitalk-{name}")
            self.assertIn("-F _minitalk", offered)
        self.assertTrue(self.path("zsh/vendor-completions/_minitalk").exists())

    def test_server_and_client_talk(self):
        with started(self.bin / "minitalk-server", "--once") as server:
            run(self.bin / "minitalk-client", server.stdout.readline().strip(), "hello from a .deb")
            self.assertEqual(server.stdout.readline(), "hello from a .deb\n")
            self.assertEqual(server.wait(TIMEOUT), 0)

    def test_the_others_run(self):
        self.assertEqual(run(self.bin / "minitalk-carrier", "pipe", "hello"), "hello\n")
        self.assertIn("\nack ", run(self.bin / "minitalk-verify", "--filter", "^ack/any"))
        measured = run(self.bin / "minitalk-bench", "--benchmark_repetitions=1",
                       "--benchmark_filter=^ack/16/text/same/sleep$")
        self.assertRegex(measured, r"(?m)^ack ")

    def test_the_scripts_run(self):
        with tempfile.TemporaryDirectory() as folder:
            graded = run(self.bin / "minitalk-grade", "--server", self.bin / "minitalk-server",
                         "--client", self.bin / "minitalk-client", "--only=^(pid|empty)$",
                         cwd=folder)
            self.assertIn("2/2 OK", graded)
            self.assertIn("| minitalk |", re.sub(r"\*", "", self.interop(folder)))
            run(self.bin / "minitalk-report", SOURCE / "results" / "reference.json", cwd=folder)
            self.assertTrue((pathlib.Path(folder) / "results" / "report.html").exists())

    def interop(self, folder):
        run(self.bin / "minitalk-interop", cwd=folder)
        return (pathlib.Path(folder) / "results" / "interop.md").read_text()

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not installed")
    def test_lintian_finds_no_error(self):
        # Whoever builds it is the maintainer (CPACK_PACKAGE_CONTACT); there is no address for all.
        address = "bogus-mail-host,bogus-mail-host-in-debian-changelog,root-in-contact"
        done = subprocess.run(["lintian", "--suppress-tags", address, self.package],
                              capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8"}, timeout=TIMEOUT,
                              check=False)
        self.assertNotRegex(done.stdout, r"(?m)^E: ")
