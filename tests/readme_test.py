"""The README does what it says: its commands are run, its links lead somewhere, its counterexample
is the explorer's. Its tables are generated (repository_test).

Every indented or fenced block of the documents in DOCUMENTS is read. Its lines are commands, or the
block is a transcript; each has to stand in COMMANDS or TRANSCRIPTS below, which say how it is run,
and everything there has to stand in a document. So nothing that is listed is skipped unseen, and a
command that is changed has to be looked at here. The rules:

- What ends within seconds is run as it stands, in a folder of its own, which is also ~. In it
  ./server, ./client and build/bin are the programs under test, and picture.png and the like are
  some bytes. Only the pid 1234 is replaced: by that of the server which the line needs.
- A target of make is run with -n, for building and measuring takes minutes: the target has to
  exist, as have the programs and scripts that it would call, and these have to know the options in
  ARGS. What only reads files is made for real."""
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import time
import unittest

from commands import BIN as PROGRAMS, SOURCE, TIMEOUT

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "docs/usage.md", "docs/classic.md",
             "bench/carriers/README.md"]
LINKED = [*DOCUMENTS, "CHANGELOG.md", "protocols/README.md", "results/README.md",
          *sorted(f"docs/{path.name}" for path in (SOURCE / "docs").glob("*.md"))]
PID = "1234"  # as the documents write it
# Of a make that runs this test, and of what a person may have set.
FOREIGN = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ARGS", "PRESET", "FORMAT", "OUT",
           "RESULT", "BUILD", "KEEP", "PREFIX", "DESTDIR", "DIR", "SERVER", "CLIENT", "MANIFEST",
           "BASE", "DEEP"}
ENVIRONMENT = {**{name: value for name, value in os.environ.items() if name not in FOREIGN},
               "MINITALK_NO_INSTALL": "1"}


# ---- Reading the documents ----------------------------------------------------------------------

def blocks_of(text):
    """Indented and fenced blocks, each as its lines without their indentation."""
    blocks, inside, before = [], None, ""
    for line in text.splitlines():
        if line.startswith("```"):
            inside = None if inside == "fence" else "fence"
            blocks += [[]] if inside else []
        elif inside == "fence":
            blocks[-1].append(line)
        elif line.startswith("    ") and (inside or not before.strip()):
            blocks += [] if inside else [[]]
            inside = "indented"
            blocks[-1].append(line[4:])
        elif line.strip():
            inside = None
        before = line
    return blocks


def commands_of(block):
    """Its lines without comments; a backslash at the end goes on in the next."""
    text = "\n".join(block).replace("\\\n", "")
    lines = (re.sub(r"(^|\s)#\s.*", "", line) for line in text.splitlines())
    return [" ".join(line.split()) for line in lines if line.strip()]


def prose_of(text):
    """What is neither a block nor between backquotes."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^    .*", "", text, flags=re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def links_of(text):
    targets = re.findall(r"\]\(([^()\s]+)\)", prose_of(text))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors_of(text):
    """As GitHub makes them of headings: small letters, blanks to hyphens, no other punctuation."""
    anchors = set()
    for heading in re.findall(r"^#+ +(.*?)\s*$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        same = sum(1 for other in anchors if re.fullmatch(re.escape(anchor) + r"(-\d+)?", other))
        anchors.add(f"{anchor}-{same}" if same else anchor)
    return anchors


def dead_links(path, text):
    dead = []
    for target in links_of(text):
        name, _, anchor = target.partition("#")
        other = (path.parent / name).resolve() if name else path
        if not other.exists():
            dead.append(target)
        elif anchor and anchor not in anchors_of(other.read_text()):
            dead.append(target)
    return dead


# ---- Running what they list ---------------------------------------------------------------------

class House:
    """Where commands run: the programs under test in the places that the documents name."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "build").mkdir()
        for name, target in (("server", PROGRAMS / "server"), ("client", PROGRAMS / "client"),
                             ("build/bin", PROGRAMS), ("docs", SOURCE / "docs")):
            (folder / name).symlink_to(target)
        for name in ("picture.png", "video.mp4"):
            (folder / name).write_bytes(bytes(range(1, 256)) * 20)
        self.server, self.printed = None, folder / "printed"

    def run(self, command, pid=PID):
        command = re.sub(rf"\b{PID}\b", str(pid), command)
        return subprocess.run(["bash", "-c", command], cwd=self.folder, timeout=TIMEOUT,
                              env={**ENVIRONMENT, "HOME": str(self.folder)}, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True)

    def serve(self, command):
        """Starts the server of a line that ends with &; returns its pid, as it prints it."""
        self.end()
        words = shlex.split(command.removesuffix("&"))
        with self.printed.open("wb") as output:
            self.server = subprocess.Popen(words, cwd=self.folder, env=ENVIRONMENT, stdout=output,
                                           stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.await_printed(b"\n")
        return int(self.printed.read_bytes().split()[0])

    def await_printed(self, what):
        """True once the server has printed it."""
        end = time.monotonic() + TIMEOUT
        while what not in self.printed.read_bytes():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def end(self):
        if self.server is not None:
            self.server.terminate()
            self.server.wait(TIMEOUT)
            self.server = None


class Ways:
    """How a command is run; each asserts that it did what the document says of it."""

    def __init__(self, test, house):
        self.test, self.house = test, house

    def succeeds(self, command, pid=PID, status=0):
        run = self.house.run(command, pid)
        self.test.assertEqual(run.returncode, status, (command, run.stderr[-500:]))
        return run.stdout

    def serves(self, command):
        self.test.assertEqual(self.house.serve(command), self.house.server.pid)

    def delivers(self, command, message=None, server="./server"):
        pid = self.house.serve(server)
        self.succeeds(command, pid)
        # What comes from a pipe or a file need not be known, but has to come.
        expected = message if message is not None else self.house.printed.read_bytes()
        self.test.assertTrue(self.house.await_printed(expected))
        self.test.assertGreater(self.house.printed.stat().st_size, len(str(pid)) + 2)

    def delivers_file(self, command):
        name = re.search(r"--file (\S+)", command)[1]
        self.delivers(command, (self.house.folder / name).read_bytes())

    def ends_the_server(self, command):
        pid = self.house.serve("./server")
        self.succeeds(command, pid)
        self.house.server.wait(TIMEOUT)

    def delivers_to_foreign(self, command):
        """Their server is one of ours that speaks what the command says of them."""
        words = re.search(r"--classic (\S+)", command)[1]
        self.delivers(command, b"hello", f"./server --classic {words}")

    def finds_formats(self, command):
        pid = self.house.serve("./server --classic msb,usr1=1,nul,ack=bit")
        run = self.house.run(command, pid)
        self.test.assertEqual(run.returncode, 64, run.stderr)
        self.test.assertIn(b"msb,usr1=1,nul,ack=bit", run.stdout + run.stderr)

    def prints(self, command):
        self.test.assertTrue(self.succeeds(command).strip(), command)

    def copies_picture(self, command):
        if len(os.sched_getaffinity(0)) == 1:  # the refusal has a test of its own
            command = command.replace(" --pin cross", "")
        self.succeeds(command)
        original, copy = (self.house.folder / name for name in ("picture.png", "copy.png"))
        self.test.assertEqual(copy.read_bytes(), original.read_bytes())

    def configures_with_installed(self, command):
        """What it looks for in ~/minitalk is installed there first."""
        self.succeeds(f"cmake --install {shlex.quote(str(PROGRAMS.parent))} --prefix ~/minitalk")
        self.succeeds(command)

    def shows_page(self, command):
        """The page itself; where it is installed to is not ours to fill."""
        pages = list((SOURCE / "packaging/man").glob(f"{command.removeprefix('man ')}.[1-9]"))
        self.test.assertEqual(len(pages), 1, command)
        self.test.assertIn(".Nm minitalk", pages[0].read_text())

    def loads(self, command):
        """Into a shell, in the folder of the sources."""
        self.test.assertEqual(self.succeeds(f"cd {shlex.quote(str(SOURCE))} && {command}"), b"")

    def makes(self, command):
        """For real, of the reference run: only files are read."""
        run = make(*shlex.split(command)[1:], "RESULT=results/reference.json")
        self.test.assertEqual(run.returncode, 0, run.stderr)
        self.test.assertTrue(run.stdout.strip())
        return run.stdout

    def could_make(self, command):
        words = shlex.split(command)
        run = make("-n", *words[1:])
        self.test.assertEqual(run.returncode, 0, (command, run.stderr))
        path = r"scripts/lab [\w-]+|(?:scripts|tests|build/bin)/[\w./-]+"
        called = re.findall(rf"(?:^|[\s\"])({path})", run.stdout)
        self.test.assertTrue(run.stdout.strip(), command)
        for name in called:
            self.test.assertTrue(pathlib.Path(command_of(name)[0]).exists(),
                                 f"{command} would call {name}")
        for word in words:
            if word.startswith("ARGS="):
                self.knows_options(called, shlex.split(word.removeprefix("ARGS=")))

    def knows_options(self, called, arguments):
        helps = "".join(help_of(name) for name in called
                        if name.startswith("scripts/") or "build/bin/minitalk" in name)
        for option in (word.split("=")[0] for word in arguments if word.startswith("--")):
            self.test.assertIn(option, helps)


def make(*words):
    return subprocess.run(["make", "--no-print-directory", "-s", *words], cwd=SOURCE,
                          env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=TIMEOUT, check=False)


def command_of(name):
    """Of a program, a script, or a subcommand of scripts/lab."""
    folder = PROGRAMS if "build/bin" in name else SOURCE
    path, *words = name.removeprefix("build/bin/").split()
    return [folder / path, *words]


def help_of(name):
    run = subprocess.run([*command_of(name), "--help"], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=TIMEOUT, check=False)
    return run.stdout


COULD_MAKE = [
    "make pair", "make bench", "make test", "make plots", "make history", "make verify",
    "make plots ARGS=\"--format pdf --width 8.4cm --font 8 --no-words\"",
    "make interop ARGS=\"alice/manifest.json bob/manifest.json\"",
    "make bench ARGS=\"--benchmark_filter=^ack/.*/cross/spin --benchmark_repetitions=10\"",
    "make grade DIR=~/minitalk",
    "make explore SERVER=~/minitalk/server CLIENT=~/minitalk/client",
    "make grade MANIFEST=theirs.json ARGS=\"--only 'empty|utf'\"",
    "make perf-check BASE=origin/main", "make instructions BASE=origin/main",
    "make install PREFIX=/usr/local",
    "make test PRESET=asan-ubsan", "make lint", "make format", "make coverage",
    "make faults KEEP=1",
]
COMMANDS = {
    **{command: Ways.could_make for command in COULD_MAKE},
    "make export FORMAT=csv": Ways.makes,
    "scripts/lab docs": lambda ways, command: ways.succeeds(
        f"{shlex.quote(str(SOURCE))}/{command} --check --bin {shlex.quote(str(PROGRAMS))}"),
    "./server &": Ways.serves,
    "./client 1234 \"hello\"": lambda ways, command: ways.delivers(command, b"\nhello\n"),
    "./client 1234 --file picture.png --stats": Ways.delivers_file,
    "./client 1234 --file video.mp4 --protocol siginfo": Ways.delivers_file,
    "date | ./client 1234 -": Ways.delivers,
    "kill 1234": Ways.ends_the_server,
    "build/bin/minitalk-carrier shm \"hello\" --steps":
        lambda ways, command: ways.test.assertIn(b"hello", ways.succeeds(command)),
    "build/bin/minitalk-carrier --list": Ways.prints,
    "build/bin/minitalk-carrier posixmq --file picture.png --stats --pin cross >copy.png":
        Ways.copies_picture,
    "./server --classic lsb,usr1=0,nul,ack=bit &": Ways.serves,
    "./client --classic msb,usr1=1,len32,ack=bit,acksig=usr2 1234 \"hello\"":
        Ways.delivers_to_foreign,
    "./server --classic detect &": Ways.serves,
    "./client --classic detect 1234": Ways.finds_formats,
    "build/bin/minitalk-bench --benchmark_list_tests": Ways.prints,
    "build/bin/minitalk-kernel-check": Ways.prints,
    "cmake -S docs/examples/own_protocol -B build/example -DCMAKE_PREFIX_PATH=$HOME/minitalk":
        Ways.configures_with_installed,
    "cmake --build build/example": Ways.succeeds,
    "build/example/own_protocol verify --filter=nrzi": Ways.prints,
    "man minitalk": Ways.shows_page,
    "source packaging/completions/minitalk.bash": Ways.loads,
}


def transcript_of(program, *words):
    """It is what the program prints, but for blank lines and the breaking of the last one."""
    def compare(test, block):
        run = subprocess.run([PROGRAMS / program, *words], capture_output=True, text=True,
                             timeout=TIMEOUT, check=False)
        found = [" ".join(line.split()) for line in run.stdout.splitlines()]
        for line in block[1:]:
            test.assertIn(" ".join(line.split()), found)
    return compare


GRAMMARS = {'layout   = field { "+" field }'}  # by their first line: nothing to run
RACES = PROGRAMS.parent / "tests/races"
TRANSCRIPTS = {  # by their first line
    "usleep, any schedule, message 00":
        transcript_of("minitalk-verify", "--filter", "^usleep/any schedule"),
    "deadlock: the client waits in pause() for ever":
        transcript_of("minitalk-explore", "--server", RACES / "server", "--client",
                      RACES / "check_then_pause_client")}


class Commands(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.house = House(pathlib.Path(folder.name))
        self.addCleanup(self.house.end)

    def blocks(self):
        for name in DOCUMENTS:
            yield from blocks_of((SOURCE / name).read_text())

    def test_every_command_is_run(self):
        ways, listed = Ways(self, self.house), set()
        for block in self.blocks():
            if block[0] in TRANSCRIPTS or block[0] in GRAMMARS:
                continue
            for command in commands_of(block):
                with self.subTest(command):
                    listed.add(command)
                    self.assertIn(command, COMMANDS, "say in COMMANDS how it is to be run")
                    COMMANDS[command](ways, command)
        self.assertEqual(set(COMMANDS) - listed, set(), "in COMMANDS, but in no document")

    def test_every_transcript_is_true(self):
        told = [block for block in self.blocks() if block[0] in TRANSCRIPTS]
        self.assertEqual({block[0] for block in told}, set(TRANSCRIPTS))
        for block in told:
            with self.subTest(block[0]):
                TRANSCRIPTS[block[0]](self, block)

    def test_options_in_the_text_are_some_programs_options(self):
        names = [*sorted(f"build/bin/{path.name}" for path in PROGRAMS.iterdir()),
                 *sorted(f"scripts/{path.name}" for path in (SOURCE / "scripts").glob("*.py")
                         if os.access(path, os.X_OK))]
        helps = "".join(help_of(name) for name in names)
        text = "".join((SOURCE / name).read_text() for name in DOCUMENTS)
        quoted = " ".join(re.findall(r"`[^`\n]*`", text))
        options = set(re.findall(r"(?<![\w-])--[a-z][a-z_-]*", quoted))
        self.assertGreater(len(options), 5)
        of_others = {"--build", "--install", "--addr-no-randomize"}  # cmake's, setarch's
        for option in sorted(options - of_others):
            self.assertRegex(helps, rf"(?<![\w-]){option}(?![\w-])")


class Text(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for name in LINKED:
            path = SOURCE / name
            if path.exists():
                with self.subTest(name):
                    self.assertEqual(dead_links(path, path.read_text()), [])


class Checks(unittest.TestCase):
    """Of the reading of documents: what would be missed if it were wrong."""

    def test_blocks(self):
        text = "a\n\n    make x   # y\n    make z \\\n      A=1\n\nb\n" \
               "```\nls\n```\n- c\n    no block\n"
        self.assertEqual([commands_of(block) for block in blocks_of(text)],
                         [["make x", "make z A=1"], ["ls"]])
        self.assertEqual(blocks_of("\n    a\n\n    b\n"), [["a", "b"]])

    def test_dead_links(self):
        text = "# A `b`, c\n## A b c\n[x](y.md) [x](#a) [x](http://y) `[x](z.md)` ![x](docs)\n"
        links = "[x](y.md) [x](#nothing) [x](#minitalk) ![x](docs) [x](docs/kernel.md#nothing)"
        self.assertEqual(dead_links(SOURCE / "README.md", links),
                         ["y.md", "#nothing", "docs/kernel.md#nothing"])
        self.assertEqual(anchors_of(text), {"a-b-c", "a-b-c-1"})
        self.assertEqual(links_of(text), ["y.md", "#a", "docs"])
