"""The Debian package: built by CPack, unpacked into a folder, and its programs run from there."""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from commands import TIMEOUT, run, started
from paths import BUILD, SOURCE

MAN = SOURCE / "packaging/man"
PROGRAMS = ["server", "client", "bench", "verify", "carrier", "pair", "grade", "interop", "report"]


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
        for library in ("libc6", "libstdc++6", "libfmt"):
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
