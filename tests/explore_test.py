"""minitalk-explore on real programs: planted races are found by their shortest schedules and
replayed, right pairs raise no alarm, nothing is left behind and nobody else is signalled."""
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time
import unittest
import uuid

import jsonschema

from commands import BIN, BUILD, PAIRS, SOURCE

EXPLORE = BIN / "minitalk-explore"
RACES = BUILD / "tests/races"
HANG_GUARD = 150  # seconds
SCHEMA = json.loads((SOURCE / "results/explore.schema.json").read_text())
REPLAYS = 20

# What is wrong with a pair, by how many preemptions and in how many steps it shows at the soonest.
PLANTED = {
    ("server", "check_then_pause_client"): ("deadlock", 1, 7),
    ("server", "short_pause_client"): ("loses", 1, 66),
    ("late_handler_server", "client"): ("crash", 1, 4),
    ("early_ack_server", "client"): ("corrupt", 1, 69),
    ("shared_count_server", "client"): ("deadlock", 1, 9),
    ("nesting_server", "nesting_client"): ("corrupt", 0, 79),
    ("printing_server", "client"): ("unsafe", 1, 37),
}


def explore(*words, expect=None, environment=None):
    done = subprocess.run([str(word) for word in (EXPLORE, *words)], capture_output=True, text=True,
                          timeout=HANG_GUARD, check=False, env=environment)
    if expect is not None and done.returncode != expect:
        raise AssertionError(f"{words} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def of_pair(server, client, folder=RACES):
    return "--server", folder / server, "--client", folder / client


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


def left_running(mark):
    """The same, once the kernel has had the time to end what was traced."""
    deadline = time.monotonic() + 20
    while running(mark) and time.monotonic() < deadline:
        time.sleep(0.01)
    return running(mark)


class Planted(unittest.TestCase):
    """Races that are there."""

    def found(self, server, client, *words):
        file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "found.json"
        explore(*of_pair(server, client), "--budget", 100, "--json", file, *words, expect=1)
        document = json.loads(file.read_text())
        jsonschema.validate(document, SCHEMA)
        return file, document

    def test_each_is_found_by_its_shortest_schedule(self):
        for (server, client), (verdict, preemptions, steps) in PLANTED.items():
            with self.subTest(server=server, client=client):
                file, document = self.found(server, client)
                schedule = document["schedule"]
                self.assertEqual((document["verdict"], schedule["preemptions"],
                                  len(schedule["steps"])), (verdict, preemptions, steps))
                self.assertEqual(document["complete_preemptions"], preemptions)
                told = {explore("--replay", file, "--lines", 200, expect=1).stdout
                        for _ in range(REPLAYS)}
                self.assertEqual(len(told), 1, told)

    def test_two_clients_that_share_a_count(self):
        file, document = self.found("server", "two_senders_client", "--budget", 4)
        self.assertIn(document["verdict"], ("corrupt", "deadlock", "loses"))
        explore("--replay", file, expect=1)

    def test_the_lost_wake_up_is_shown_with_its_lines(self):
        said = explore(*of_pair("server", "check_then_pause_client"), expect=1).stdout
        self.assertIn("deadlock: the client waits in pause() for ever", said)
        self.assertRegex(said, r"just before pause\(\)  \[check_then_pause_client.c:\d+\]")

    def test_a_foreign_signal_takes_a_slot(self):
        said = explore(*of_pair("server", "client"), "--foreign", 1, expect=1).stdout
        self.assertIn("of a stranger", said)

    def test_a_program_alone(self):
        program = ("--alone", RACES / "daemon", "--signals", "HUP,TERM")
        said = explore(*program, expect=1).stdout
        self.assertIn("died of SIGHUP", said)  # before its handler stands
        self.assertIn("waits in pause() for ever", said)  # TERM between the look and pause()


class Right(unittest.TestCase):
    """Pairs without a race."""

    def test_nothing_is_found_and_two_preemptions_are_complete(self):
        for folder, server, client in ((RACES, "server", "client"),
                                       (PAIRS / "suspend", "server", "client"),
                                       (PAIRS / "sigwait", "server", "client")):
            with self.subTest(folder):
                said = explore(*of_pair(server, client, folder), "--budget", 100, "--seed", 3,
                               "--preemptions", 2, "--no-random", expect=0).stdout
                self.assertIn("none found", said)
                self.assertRegex(said, "all with at most 2 preemptions|every schedule there is")

    def test_our_own_programs(self):
        """A server that forks, static, with memory that its children share."""
        said = explore(*of_pair("server", "client", BIN), "--budget", 8, expect=0).stdout
        self.assertIn("none found", said)
        self.assertNotIn("not even all without a preemption", said)

    def test_long_pauses_keep_a_paced_pair_right(self):
        said = explore(*of_pair("server", "short_pause_client"), "--assume", "pauses-long",
                       "--no-random", "--budget", 100, expect=0).stdout
        self.assertIn("none found", said)


class Program(unittest.TestCase):
    """What it does besides."""

    def test_exit_statuses_of_what_cannot_be_explored(self):
        self.assertIn("there is no program", explore(*of_pair("absent", "client"), expect=2).stderr)
        self.assertIn("before it has printed its pid",
                      explore("--server", "/bin/true", "--client", RACES / "client",
                              expect=2).stderr)
        explore(expect=64)
        explore("--alone", RACES / "daemon", expect=64)
        explore("--alone", RACES / "daemon", "--signals", "KILL", expect=64)
        self.assertIn("cannot be read", explore("--replay", "/nonexistent", expect=2).stderr)

    def test_another_program_does_not_replay(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "found.json"
            explore(*of_pair("server", "check_then_pause_client"), "--json", file, expect=1)
            document = json.loads(file.read_text())
            document["client"][0] = str(RACES / "client")
            file.write_text(json.dumps(document))
            self.assertIn("differs", explore("--replay", file, expect=2).stderr)

    def test_interrupted_it_tells_what_it_found_and_leaves_nobody(self):
        mark = uuid.uuid4().hex
        words = [str(word) for word in (EXPLORE, *of_pair("server", "client"), "--budget", 60)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True,
                                   env={**os.environ, "MINITALK_TEST": mark})
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=HANG_GUARD)
        self.assertEqual(process.returncode, 130, said)
        self.assertIn("none found", said)
        self.assertEqual(left_running(mark), [])

    def test_killed_at_any_moment_it_leaves_nobody(self):
        moments = random.Random(7)
        for _ in range(15):
            mark = uuid.uuid4().hex
            words = [str(word) for word in (EXPLORE, *of_pair("server", "client"))]
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL,
                                       env={**os.environ, "MINITALK_TEST": mark})
            time.sleep(moments.uniform(0, 0.4))
            process.kill()
            process.wait()
            self.assertEqual(left_running(mark), [])

    def test_nobody_outside_is_signalled(self):
        bystander = subprocess.Popen(["sleep", "600"])
        try:
            said = explore("--alone", RACES / "spray", str(bystander.pid), "--signals", "USR1",
                           "--budget", 5).stdout
            self.assertIsNone(bystander.poll())
            self.assertNotIn("kills", said)
        finally:
            bystander.kill()
            bystander.wait()


if __name__ == "__main__":
    unittest.main()
