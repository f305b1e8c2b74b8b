"""Third-party pairs in the bench: real C programs, right and wrong ones, as rows beside ours,
and no process of them left behind."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import jsonschema

from commands import BENCH, PAIRS, SOURCE

SERVER, CLIENT = (PAIRS / "on_request" / end for end in ("server", "client"))
HANG_GUARD = 120  # seconds
TEMPLATE = ["{pid}", "{text}"]


def pair(**more):
    return {"name": "theirs", "server": [str(SERVER)], "client": [str(CLIENT), *TEMPLATE], **more}


def pair_with(server=(), client=(), **more):
    return pair(server=[str(SERVER), *server], client=[str(CLIENT), *client, *TEMPLATE], **more)


def schema(name):
    return json.loads((SOURCE / "results" / f"{name}.schema.json").read_text())


def is_ours(pid):
    """Whether the process is one of these programs; its number may be somebody else's by now."""
    try:
        return os.readlink(f"/proc/{pid}/exe") in (str(SERVER), str(CLIENT))
    except OSError:
        return False  # gone, or a zombie


class Laboratory(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.pids = self.folder / "pids"

    def command(self, manifest, *words):
        path = self.folder / "manifest.json"
        path.write_text(manifest if isinstance(manifest, str) else json.dumps(manifest))
        return [BENCH, f"--external={path}", "--benchmark_repetitions=1", *words]

    def bench(self, manifest, *words):
        return subprocess.run(self.command(manifest, *words), stdin=subprocess.DEVNULL,
                              env={**os.environ, "PAIR_PIDS": str(self.pids)},
                              capture_output=True, text=True, timeout=HANG_GUARD, check=False)

    def rows(self, manifest, pattern, *words):
        """The rows that match, from a file that its schema allows; nothing is left behind."""
        out = self.folder / "result.json"
        run = self.bench(manifest, f"--benchmark_filter={pattern}", f"--benchmark_out={out}",
                         *words)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assert_nothing_left()
        document = json.loads(out.read_text())
        jsonschema.validate(document, schema("bench"))
        self.table = run.stdout
        return {row["name"]: row for row in document["benchmarks"]}

    def row(self, manifest, *words):
        rows = self.rows(manifest, "^theirs/16/text/same/own$", "--sizes=16", *words)
        return rows["theirs/16/text/same/own"]

    def started(self):
        return [int(pid) for pid in self.pids.read_text().split()] if self.pids.exists() else []

    def assert_nothing_left(self):
        self.assertEqual([pid for pid in self.started() if is_ours(pid)], [])


class PairsTest(Laboratory):
    def test_a_right_pair_beside_ours(self):
        rows = self.rows(pair(), "^(theirs|ack)/(1|16|256)/(text|utf8)/(same|none)/(own|sleep)$",
                         "--sizes=16,256")
        theirs = [row for row in rows.values() if row["kind"] == "external"]
        self.assertEqual(len(theirs), 3 * 2 * 2)
        for row in theirs:
            self.assertNotIn("error_message", row)
            self.assertGreater(row["messages"], 0)
            self.assertEqual((row["messages_failed"], row["bit_loss"]), (0, 0))
            for key in ("bytes_per_second", "bits_per_floor_round", "cpu_seconds_per_megabyte",
                        "floor_round_trip_ns"):
                self.assertGreater(row[key], 0, key)
            sample = row["samples"][0]
            self.assertEqual(sample["correct_bytes"], row["size_bytes"] * sample["messages"])
            self.assertGreater(sample["sender_cpu_ns"], 0)
        self.assertEqual(rows["ack/16/text/same/sleep"]["kind"], "signal-number")
        self.assertIn("same/own", self.table)
        self.assertIn("start of the client", self.table)
        # A server a row, and a client a message.
        self.assertEqual(len(self.started()), sum(1 + row["messages"] for row in theirs))

    def test_our_two_programs_end_to_end(self):
        rows = self.rows(pair(), "^program/(1|100)/text/(none|same)/own$")
        self.assertEqual(len(rows), 4)
        for row in rows.values():
            self.assertNotIn("error_message", row)
            self.assertEqual((row["kind"], row["messages_failed"]), ("program", 0))
            self.assertGreater(row["messages"], 0)
            self.assertGreater(row["relative_time"], 0)
            self.assertGreater(row["samples"][0]["reference_ns"], 0)
        self.assertIn(" of C", self.table)

    def test_two_cpus(self):
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("only one CPU may be used")
        row = self.rows(pair(), "^theirs/256/text/cross/own$")["theirs/256/text/cross/own"]
        self.assertEqual(row["messages_failed"], 0)

    def test_loss_is_shown_as_loss(self):
        row = self.row(pair_with(client=["hurried"]))
        self.assertGreater(row["bit_loss"], 0)
        self.assertGreater(row["messages_failed"], 0)
        # Each lost message has its fresh server, but for one after the last.
        self.assertLessEqual(len(self.started()), 2 * row["messages"])

    def test_a_wrong_pid(self):
        row = self.row(pair_with(server=["wrong-pid"]))
        self.assertTrue(row["error_occurred"])
        self.assertIn("did not print its pid; it printed \"Server, pid", row["error_message"])
        self.assertEqual((row["messages"], row["bit_loss"]), (0, None))

    def test_a_server_that_never_prints(self):
        row = self.row(pair_with(server=["silent"]))
        self.assertTrue(row["error_occurred"])
        self.assertIn("did not print its pid; it printed nothing", row["error_message"])

    def test_a_server_that_dies_after_three_messages(self):
        row = self.row(pair_with(server=["dies"]), "--seconds=30")
        self.assertIn("the server ended with exit status 3 (1 of 1)", row["error_message"])
        self.assertFalse(row["error_occurred"])
        self.assertEqual(row["messages"] - row["messages_failed"], 3)
        self.assertLessEqual(row["messages_failed"], 1)

    def test_a_client_that_hangs(self):
        row = self.row(pair_with(client=["hangs"]))
        self.assertIn("the client hung", row["error_message"])
        self.assertEqual((row["messages"], row["messages_failed"]), (1, 1))
        self.assertEqual(row["bytes_per_second"], 0)

    def test_a_client_that_does_nothing(self):
        row = self.row(pair(client=["true", *TEMPLATE]))
        self.assertNotIn("error_message", row)
        self.assertEqual((row["messages"], row["bit_loss"]), (row["messages_failed"], 1))

    def test_the_limit_ends_what_hangs(self):
        row = self.row(pair_with(client=["hangs"]), "--limit=1")
        self.assertIn("time limit", row["error_message"])

    def test_a_process_that_a_client_leaves_behind(self):
        row = self.row(pair_with(client=["litters"]))
        self.assertEqual(row["messages_failed"], 0)
        self.assertEqual(len(self.started()), 1 + 2 * row["messages"])

    def test_a_program_that_is_none(self):
        script = self.folder / "no-program"
        script.write_text("#!/no/such/interpreter\n")
        script.chmod(0o755)
        row = self.row(pair(client=[str(script), *TEMPLATE]))
        self.assertTrue(row["error_occurred"])
        self.assertIn("no-program: No such file or directory", row["error_message"])

    def test_a_runner_that_ends_takes_all_with_it(self):
        for number, status, told in ((signal.SIGINT, 130, "interrupted; nothing was written"),
                                     (signal.SIGTERM, 130, "interrupted; nothing was written"),
                                     (signal.SIGKILL, -signal.SIGKILL, "")):
            self.pids.unlink(missing_ok=True)
            bench = subprocess.Popen(
                self.command(pair_with(client=["litters"]), "--seconds=60", "--limit=100",
                             "--benchmark_filter=^theirs/16/text/same/own$"),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                text=True, env={**os.environ, "PAIR_PIDS": str(self.pids)})
            self.await_that(lambda: len(self.started()) >= 5)
            bench.send_signal(number)
            with bench.stderr:
                self.assertEqual(bench.wait(HANG_GUARD), status)
                self.assertIn(told, bench.stderr.read())
            self.await_that(lambda: not any(is_ours(pid) for pid in self.started()))

    def await_that(self, condition):
        end = time.monotonic() + HANG_GUARD
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_pictures_and_exports(self):
        out = self.folder / "result.json"
        self.rows(pair(), "^(theirs|ack)/(1|16|256)/text/same/(own|sleep)$", "--sizes=16,256")
        plots = self.folder / "plots"
        drawn = subprocess.run([SOURCE / "scripts" / "draw.sh", out, plots], capture_output=True,
                               text=True, timeout=HANG_GUARD, check=False)
        self.assertEqual(drawn.returncode, 0, drawn.stderr)
        for picture in ("goodput_by_size", "cpu_cost", "heat_map"):
            self.assertIn("theirs", (plots / f"{picture}.svg").read_text(), picture)
        for form in ("csv", "markdown", "gbench", "bencher", "github-bigger", "github-smaller"):
            made = subprocess.run([sys.executable, SOURCE / "scripts" / "lab", "export", out,
                                   "--format", form], capture_output=True, text=True,
                                  timeout=HANG_GUARD, check=False)
            self.assertEqual(made.returncode, 0, made.stderr)
            self.assertIn("theirs", made.stdout, form)
        series = self.written_by(["history", "--history", self.folder / "series", "add", out],
                                 self.folder / "series")
        self.assertIn("ack/16", series)
        self.assertNotIn("theirs", series)
        check = json.loads(self.written_by(["perf-check", out, out, "--out",
                                            self.folder / "check.json"],
                                           self.folder / "check.json"))
        self.assertEqual({case["name"].partition("/")[0] for case in check["cases"]}, {"ack"})
        self.assertIn("theirs/16/text/same/own", check["skipped"][0]["name"])

    def written_by(self, words, written):
        made = subprocess.run([sys.executable, SOURCE / "scripts" / "lab", *words],
                              capture_output=True, text=True, timeout=HANG_GUARD, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        return written.read_text()


class ManifestTest(Laboratory):
    GOOD = [
        pair(), pair(name="A.b_c-9"), pair(directory="."), pair(build=["true"]),
        pair(classic="msb,usr1=0,nul,ack=bit"),
        pair(client=[str(CLIENT), "--pid={pid}", "--text={text}"]),
        pair(client=[str(CLIENT), "{pid}:{text}"]),
        {"server": [str(SERVER)], "client": [str(CLIENT), *TEMPLATE]},
    ]
    # What is wrong, and what the message must name.
    BAD = [
        ([], "JSON object"), ("text", "JSON object"),
        ({"client": [str(CLIENT), *TEMPLATE]}, "server"), ({"server": [str(SERVER)]}, "client"),
        (pair(sever=["x"]), "sever"), (pair(name=""), "name"), (pair(name="a/b"), "a/b"),
        (pair(name="a" * 41), "name"), (pair(name=7), "name"), (pair(directory=[]), "directory"),
        (pair(server="./server"), "server"), (pair(server=[]), "server"),
        (pair(server=[1]), "server"), (pair(server=[""]), "server"),
        (pair(server=["a\0b"]), "server"), (pair(build=[]), "build"), (pair(build="make"), "build"),
        (pair(client=["./client", "{pid}"]), "{text}"),
        (pair(client=["./client", "{text}"]), "{pid}"),
        (pair(client=["./client", "{pid}", "{text}", "{text}"]), "{text}"),
        (pair(client=["./client", "{pid}{pid}", "{text}"]), "{pid}"), (pair(classic=1), "classic"),
    ]
    # Allowed by the schema, but not possible here.
    IMPOSSIBLE = [
        (pair(name="ack"), "ack"), (pair(name="pipe"), "pipe"), (pair(name="auto"), "auto"),
        (pair(directory="no/such"), "no/such"),
    ]

    def list_rows(self, manifest, *words):
        return self.bench(manifest, "--benchmark_list_tests", *words)

    def assert_refused(self, run, *words):
        self.assertEqual(run.returncode, 65, run.stderr)
        self.assertEqual(run.stderr.count("\n"), 1, run.stderr)
        for word in ("minitalk-bench: ", *words):
            self.assertIn(word, run.stderr)

    def test_schema_and_bench_agree(self):
        rules = schema("external")
        jsonschema.Draft202012Validator.check_schema(rules)
        for manifest in self.GOOD:
            jsonschema.validate(manifest, rules)
            run = self.list_rows(manifest)
            self.assertEqual(run.returncode, 0, (manifest, run.stderr))
            name = manifest.get("name", self.folder.name)
            self.assertIn(f"\n{name}/256/text/cross/own\n", run.stdout)
        for manifest, word in self.BAD:
            with self.assertRaises(jsonschema.ValidationError, msg=str(manifest)):
                jsonschema.validate(manifest, rules)
            self.assert_refused(self.list_rows(json.dumps(manifest)), "manifest.json", word)
        for manifest, word in self.IMPOSSIBLE:
            jsonschema.validate(manifest, rules)
            self.assert_refused(self.list_rows(manifest), "manifest.json", word)

    def test_no_json(self):
        for text in ("", "{", '{"name": "a",}', "// a comment\n{}", "\xff", '{"name": 1e999}'):
            self.assert_refused(self.list_rows(text), "manifest.json")
        for path in (self.folder / "absent.json", self.folder):
            self.assert_refused(self.list_rows(pair(), f"--external={path}"), str(path))

    def test_two_of_one_name(self):
        again = self.folder / "again.json"
        again.write_text(json.dumps(pair()))
        self.assert_refused(self.list_rows(pair(), f"--external={again}"), "again.json", "theirs")

    def test_what_no_argument_can_hold_is_not_offered(self):
        names = self.list_rows(pair(), "--sizes=131071,131072").stdout
        self.assertIn("theirs/131071/text/same/own", names)
        self.assertNotIn("theirs/131072/", names)
        self.assertNotIn("theirs/16/zeros", names)

    def test_the_longest_argument_arrives(self):
        """In a file, with one signal that says so: a million bits would test nothing more."""
        server = "trap 'cat message; echo' USR1; echo $$; while :; do sleep 0.02; done"
        client = 'printf %s "$2" > message && kill -USR1 "$1"'
        by_file = pair(directory=str(self.folder), server=["sh", "-c", server],
                       client=["sh", "-c", client, "client", *TEMPLATE])
        row = self.rows(by_file, "^theirs/131071/text/same/own$", "--sizes=131071",
                        "--limit=100")["theirs/131071/text/same/own"]
        self.assertGreater(row["messages"], 0)
        self.assertEqual(row["messages_failed"], 0)

    def test_the_build_runs_first_and_in_the_directory(self):
        (self.folder / "theirs").mkdir()
        link = f"ln -s {SERVER} server; ln -s {CLIENT} client; echo built"
        manifest = pair(directory="theirs", build=["sh", "-c", link], server=["./server"],
                        client=["./client", *TEMPLATE])
        run = self.bench(manifest, "--benchmark_filter=^theirs/1/text/same/own$",
                         "--benchmark_format=json")
        self.assertEqual(json.loads(run.stdout)["benchmarks"][0]["messages_failed"], 0)
        self.assertIn("built\n", run.stderr)

    def test_a_build_that_fails_or_builds_nothing(self):
        one = "--benchmark_filter=^theirs/1/text/same/own$"
        for build, word in ((["false"], "exit status 1"), (["sh", "-c", "kill -9 $$"], "SIGKILL"),
                            (["/no/such"], "/no/such")):
            self.assert_refused(self.bench(pair(build=build), one), "theirs", word)
        self.assert_refused(self.bench(pair(server=["./absent"]), one), "absent", "build")
