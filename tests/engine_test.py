"""minitalk-pair, the engine for third-party pairs: requests and observations, the sandbox, and that
nothing is left behind, whichever of its processes is killed and when."""
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time
import unittest
import uuid

from commands import BIN, SOURCE

ENGINE = BIN / "minitalk-pair"
HANG_GUARD = 60  # seconds
# Leaves a process behind in a session of its own.
SERVER = "trap 'echo héllo' USR1; setsid sleep 1000 & echo $$; while :; do sleep 0.1 & wait; done"


def start_request(**more):
    return {"request": "start", "directory": "/", "client_directory": "/",
            "server": ["sh", "-c", SERVER.encode().decode("latin-1")],
            "client": ["sh", "-c", "kill -USR1 {pid}; exit 3 # {text}"], **more}


def running(mark):
    """The pids of what has the word in its environment."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def children_of(pid):
    text = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True,
                          check=False).stdout
    return [int(word) for word in text.split()]


class EngineTest(unittest.TestCase):
    def setUp(self):
        self.mark = uuid.uuid4().hex
        self.environment = {**os.environ, "MINITALK_TEST": self.mark}

    def engine(self, *words):
        engine = subprocess.Popen([ENGINE, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, env=self.environment)
        self.addCleanup(self.end, engine)
        return engine

    def end(self, engine):
        for stream in (engine.stdout, engine.stderr, engine.stdin):
            try:
                stream.close()
            except BrokenPipeError:
                pass
        self.assertIsNotNone(engine.wait(HANG_GUARD))
        self.await_nothing()

    def ask(self, engine, request, **values):
        print(json.dumps({"request": request, **values}), file=engine.stdin, flush=True)
        return json.loads(engine.stdout.readline())

    def start(self, engine, **more):
        print(json.dumps(start_request(**more)), file=engine.stdin, flush=True)
        answer = json.loads(engine.stdout.readline())
        self.assertTrue(answer["printed_pid"], answer)
        return answer

    def await_nothing(self):
        until = time.monotonic() + HANG_GUARD
        while running(self.mark):
            self.assertLess(time.monotonic(), until, running(self.mark))
            time.sleep(0.01)

    def test_one_line_for_each_request(self):
        lines = [json.dumps(one) for one in (
            start_request(), {"request": "send", "text": "h\u00c3\u00a9llo"},
            {"request": "server"}, {"request": "nonsense"}, {"request": "send"},
            {"request": "send", "text": "\u20ac"})]
        run = subprocess.run([ENGINE], input="\n".join([*lines, "{", ""]), capture_output=True,
                             text=True, timeout=HANG_GUARD, check=False,
                             env=self.environment)
        answers = [json.loads(line) for line in run.stdout.splitlines()]
        self.assertEqual((run.returncode, run.stderr, len(answers)), (0, "", 7))
        self.assertTrue(answers[1]["delivered"])
        self.assertEqual((answers[1]["client_status"], answers[1]["right_bytes"]), (3, 6))
        self.assertIsNone(answers[2]["status"])
        self.assertRegex(answers[2]["said"], "\\A\\d+\nh\u00e9llo")
        for answer, word in zip(answers[3:], ("nonsense", "text", "U+00FF", "parse error")):
            self.assertIn(word, answer["error"])
        self.await_nothing()

    def test_every_request_is_documented(self):
        told = (SOURCE / "pairs/README.md").read_text()
        code = (SOURCE / "pairs/requests.cc").read_text()
        names = re.findall(r'{"(\w+)", &Engine::', code)
        self.assertGreater(len(names), 9)
        for name in names:
            self.assertIn(f"| `{name}` |", told)

    def test_a_client_in_the_middle(self):
        engine = self.engine()
        self.start(engine)
        client = self.ask(engine, "begin", command=["sh", "-c", "sleep 1000"])
        self.ask(engine, "signal", signal=signal.SIGTERM, **client)
        seen = self.ask(engine, "finish", clients=[client["client"]], timeout=HANG_GUARD)
        self.assertEqual(seen["exchanges"][0]["client_status"], -signal.SIGTERM)
        again = self.ask(engine, "finish", clients=[client["client"]])
        self.assertIn("error", again)

    def test_the_sandbox(self):
        engine = self.engine("--sandbox")
        try:
            answer = self.start(engine)
        except json.JSONDecodeError:
            self.assertIn("namespace", engine.stderr.read())
            self.skipTest("no pid namespace here")
        self.assertLess(answer["pid"], 100)
        bystander = subprocess.Popen(["sleep", "1000"])
        everybody = "import os; os.kill(-1, 10)"
        seen = self.ask(engine, "call_wrongly", words=[sys.executable, "-c", everybody])
        self.assertEqual((seen["near"], seen["far"]), (-signal.SIGUSR1, -signal.SIGUSR1))
        self.assertIsNone(bystander.poll())
        bystander.kill()
        bystander.wait()

    def test_its_end_ends_all(self):
        for how in ("input", "output", signal.SIGINT, signal.SIGTERM, signal.SIGHUP,
                    signal.SIGKILL, "worker"):
            with self.subTest(how):
                engine = self.engine()
                self.start(engine)
                self.assertGreaterEqual(len(running(self.mark)), 2)
                # In the middle of a request, too.
                print(json.dumps({"request": "server", "timeout": 1000}), file=engine.stdin,
                      flush=True)
                self.end_by(engine, how)
                if how != "input":
                    engine.wait(HANG_GUARD)
                self.await_nothing()

    def end_by(self, engine, how):
        if how == "input":  # which is read after this request: the output's end is seen at once
            engine.stdin.close()
            engine.stdout.close()
        elif how == "output":
            engine.stdout.close()
        elif how == "worker":
            os.kill(children_of(engine.pid)[0], signal.SIGKILL)
        else:
            engine.send_signal(how)

    def test_killed_at_random_moments(self):
        chooser = random.Random(1)
        for _ in range(25):
            engine = self.engine()
            for request in (start_request(), {"request": "send", "text": "x" * 100}):
                print(json.dumps(request), file=engine.stdin, flush=True)
            time.sleep(chooser.uniform(0, 0.08))
            targets = [engine.pid, *children_of(engine.pid)]
            os.kill(chooser.choice(targets), signal.SIGKILL)
            engine.wait(HANG_GUARD)
            self.await_nothing()

    def test_usage(self):
        run = subprocess.run([ENGINE, "--bogus"], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 64)
