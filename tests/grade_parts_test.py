"""The grader's arithmetic on inputs whose answer is known: what fits into the time,
what strace and valgrind said, the badge, the rank."""
import io
import json
import math
import pathlib
import tempfile
import unittest
import xml.etree.ElementTree

import jsonschema

from minitalk.grade import (causes, checks, grade_report as report, inspection, messages, rank,
                            under_test, wrong_arguments)
from minitalk.pairs import lenient, pair
from minitalk.pairs.engine import Exchange
from minitalk.results import reading
from commands import SOURCE

TEXT = pair.text_of(1000)


def a_pair_at(clock):
    made = pair.Implementation("alice", SOURCE, ("./server",), ("./client", "{pid}", "{text}"))
    return under_test.UnderTest(made, clock)


class ClockTest(unittest.TestCase):
    def setUp(self):
        self.time = 0.0
        self.clock = under_test.Clock(55, clock=lambda: self.time)

    def left(self, *words):
        self.clock.begin(*words)
        return self.clock.left()

    def test_each_check_has_its_cap(self):
        self.assertEqual(self.left(5, 0.8, 3), 5)
        self.time = 4
        self.assertEqual(self.clock.left(), 1)
        self.assertEqual(self.left(12, 0, 0), 12)

    def test_those_that_have_to_run_always_can(self):
        self.time = 60
        self.assertEqual(self.left(5, 0.8, 3), 5)
        self.assertAlmostEqual(self.left(30, 0.8, 10), 12)  # the others get theirs
        self.time = 76
        self.assertAlmostEqual(self.left(5, 0.8, 10), 0.8)
        self.assertEqual(self.left(5, 1.5, 0), 1.5)
        self.assertEqual(self.left(12, 0, 0), 0)
        self.time = 85
        self.assertEqual(self.left(5, 1.5, 0), 0)

    def test_without_a_limit(self):
        self.clock = under_test.Clock(None, clock=lambda: self.time)
        self.assertEqual(self.left(5, 0, 0), math.inf)

    def test_how_much_was_done_is_told(self):
        tested = a_pair_at(self.clock)
        self.clock.begin(5, 0, 0)
        with self.assertRaises(under_test.Decided) as caught:
            for _ in tested.rounds(10):
                self.time += 2
        self.assertEqual(caught.exception.finding.status, "WARN")
        self.assertIn("too slow: 2 of 10 done, all exact", caught.exception.finding.reason)

    def test_what_fails_now_and_then_is_told_as_a_share(self):
        tested = a_pair_at(self.clock)
        self.clock.begin(5, 0, 0)
        statuses = iter("OK OK KO OK OK OK KO OK OK KO".split())
        found = tested.repeated(lambda: under_test.Finding(next(statuses), "seen"))
        self.assertEqual((found.status, found.reason), ("KO", "7 of 10 exact: seen"))

    def test_each_check_counts(self):
        tested = a_pair_at(self.clock)
        tested.gone, tested.and_alive = (lambda: False), (lambda finding: finding)
        self.time = 56

        def check(tier, status):
            return checks.Check(tier, "text", "x", "", lambda _: under_test.Finding(status))
        told = []
        judged = checks.run(tested, [check("correctness", "OK"), check("endurance", "OK"),
                                     check("safety", "KO")],
                            lambda one: told.append(one.finding.status))
        self.assertEqual(told, ["OK", "WARN", "KO"])
        self.assertEqual(checks.score(judged), (1, 3))


class TraceTest(unittest.TestCase):
    SERVER = ('10 execve("./server", ["./server"], 0x7f /* 20 vars */) = 0\n'
              '10 openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3\n'
              '10 kill(20, SIGUSR1) = 0\n10 kill(20, SIGUSR2 <unfinished ...>\n'
              '11 kill(20, 0) = 0\n10 <... kill resumed>) = 0\n10 kill(30, SIGKILL) = 0\n')
    CLIENT = ('openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3\n'
              '20 tgkill(10, 10, SIGUSR1) = 0\n20 kill(10, SIGUSR2) = -1 ESRCH (No such process)\n')

    def ends(self, server="", client=""):
        return (inspection.parse_strace(self.SERVER + server),
                inspection.parse_strace(self.CLIENT + client))

    def test_signals(self):
        server, client = self.ends()
        self.assertEqual(server.pids, {10, 11})
        self.assertEqual(inspection.sent_to(server, client), ["SIGUSR1", "SIGUSR2"])
        self.assertEqual(inspection.sent_to(client, server), ["SIGUSR1"])
        self.assertEqual(inspection.violations(server, client), [])

    def test_whom_signals_go_to(self):
        server, client = self.ends("10 kill(0, SIGUSR1) = 0\n10 kill(-20, SIGCONT) = 0\n"
                                   "10 kill(99, SIGUSR1) = -1 ESRCH (No such process)\n")
        self.assertEqual(inspection.astray("client", client, server), [])
        self.assertEqual(inspection.astray("server", server, client),
                         ["the server sends SIGKILL to pid 30",
                          "the server sends SIGUSR1 to its own process group",
                          "the server sends SIGCONT to process group 20"])

    def test_another_signal(self):
        self.assertEqual(inspection.violations(*self.ends("10 kill(20, SIGTERM) = 0\n")),
                         ["the server sends SIGTERM"])

    def test_a_pidfd_is_the_process_it_was_opened_for(self):
        own = "10 pidfd_open(11, 0) = 5\n10 pidfd_send_signal(5, SIGTERM, NULL, 0) = 0\n"
        self.assertEqual(inspection.violations(*self.ends(own)), [])
        other = "10 pidfd_open(20, 0) = 5\n10 pidfd_send_signal(5, SIGTERM, NULL, 0) = 0\n"
        self.assertEqual(inspection.violations(*self.ends(other)), ["the server sends SIGTERM"])

    def test_other_ways_for_a_byte(self):
        opened = '{} openat(AT_FDCWD, "/tmp/x", {}) = 3\n'
        for server, client, found in (
                (opened.format(10, "O_RDONLY"), opened.format(20, "O_WRONLY|O_CREAT, 0600"),
                 "both open the file /tmp/x"),
                ("10 shmget(0x1234, 10, IPC_CREAT|0600) = 1\n", "20 shmget(0x1234, 10, 0600) = 1\n",
                 "both open shared memory 0x1234"),
                ('10 mq_open("q", O_RDONLY) = 3\n', '20 mq_open("q", O_WRONLY) = 3\n',
                 "both open the queue q"),
                ('10 bind(3, {sa_family=AF_UNIX, sun_path="/tmp/s"}, 110) = 0\n',
                 '20 connect(3, {sa_family=AF_UNIX, sun_path="/tmp/s"}, 110) = 0\n',
                 "both open the socket /tmp/s"),
                ("", "20 process_vm_writev(10, [], 1, [], 1, 0) = 4\n",
                 "the client calls process_vm_writev")):
            self.assertEqual(inspection.violations(*self.ends(server, client)), [found])

    def test_what_is_no_channel(self):
        both = '{} openat(AT_FDCWD, "/dev/pts/3", O_RDWR) = 3\n'
        mine = '10 openat(AT_FDCWD, "/tmp/log", O_WRONLY) = 3\n10 shmget(IPC_PRIVATE, 1, 0) = 1\n'
        server, client = self.ends(both.format(10) + mine, both.format(20))
        self.assertEqual(inspection.violations(server, client), [])


class InspectionTest(unittest.TestCase):
    LEAK = ("==1== HEAP SUMMARY:\n==1==    definitely lost: 1,024 bytes in 2 blocks\n"
            "==1==    indirectly lost: 6 bytes in 1 blocks\n"
            "==1==    still reachable: 4,096 bytes\n")
    CLEAN = "==2== HEAP SUMMARY:\n==2== All heap blocks were freed -- no leaks are possible\n"

    def test_valgrind(self):
        self.assertEqual(inspection.lost_bytes(self.LEAK), 1030)
        judged = inspection.judge_valgrind({"server.1": self.LEAK, "client.2": self.CLEAN,
                                            "client.3": self.CLEAN})
        self.assertEqual((judged.status, judged.reason), ("KO", "the server loses 1,030 bytes"))
        judged = inspection.judge_valgrind({"server.1": self.CLEAN, "client.2":
                                            self.CLEAN + "==2== Invalid write of size 1\n"})
        self.assertEqual(judged.reason, "the client: Invalid write of size 1")
        said = ("==3== Syscall param rt_sigaction(act->sa_mask) points to uninitialised byte(s)\n"
                "==3==    at 0x4: __libc_sigaction (./signal/sigaction.c:58)\n"
                f"==3==    by 0x109: main ({__file__}:12)\n==3== \n")
        judged = inspection.judge_valgrind({"server.1": said + self.CLEAN, "client.2": self.CLEAN})
        self.assertIn("sa_mask) points to uninitialised byte(s) in main (grade_parts_test.py:12)",
                      judged.reason)
        self.assertEqual(judged.cause, "")
        self.assertEqual(inspection.judge_valgrind({"server.1": self.CLEAN,
                                                    "client.2": self.CLEAN}).status, "OK")

    def test_memory(self):
        def judged(each, jump=0):
            return inspection.judge_memory([(n, 2_000_000 + jump + each * n) for n in
                                            range(1, 1002, 100)]).status
        self.assertEqual([judged(0), judged(10), judged(1024)], ["OK", "OK", "KO"])
        once = [(n, 2_000_000 + (900_000 if n > 300 else 0)) for n in range(1, 1002, 100)]
        self.assertEqual(inspection.judge_memory(once).status, "OK")


class CausesTest(unittest.TestCase):
    def test_only_by_the_evidence(self):
        def cause(answers=None, **seen):
            seen = {"text": TEXT, "client_status": 0, "printed": True, **seen}
            return causes.of_exchange(Exchange(**seen), answers)
        self.assertEqual(cause(server_status=-11), "")
        self.assertEqual(cause(client_status=-10), causes.EARLY_SIGNAL)
        self.assertEqual([cause(answers, right_bytes=70) for answers in (None, 0.0, 8.0)],
                         ["", causes.COALESCED, ""])
        hung = {"client_status": None, "hung": True, "client_sleeps_in": "pause",
                "server_sleeps_in": "pause"}
        self.assertEqual([cause(answers, **hung) for answers in (None, 0.1, 1.0, 8.0)],
                         ["", "", "", causes.LOST_WAKE_UP])
        self.assertEqual(cause(8.0, **{**hung, "server_sleeps_in": None}), "")
        self.assertEqual(cause(8.0, **{**hung, "client_sleeps_in": "sigsuspend"}), "")
        self.assertEqual(cause(8.0, **{**hung, "server_sleeps_in": "a lock (futex)"}),
                         causes.PRINTS_IN_HANDLER)
        slow = {"client_status": None, "timed_out": True}
        self.assertEqual([cause(**slow), cause(**slow, client_sleeps_in="nanosleep")],
                         ["", causes.SLOW])
        self.assertEqual([cause(text=text, right_bytes=1) for text in ("aü".encode(), b"a%s")],
                         ["", ""])

    def test_a_cause_is_told_once_and_then_in_short(self):
        shown = io.StringIO()
        screen = report.Display(stream=shown, progress=io.StringIO())
        judged = [checks.Judged(check, under_test.Finding("KO", f"lost {number}", cause), 0.1)
                  for number, (check, cause) in enumerate(zip(checks.CHECKS, (
                      causes.COALESCED, causes.SLOW, causes.COALESCED, "", causes.COALESCED)))]
        for one in judged:
            screen.check(one)
        made = pair.Implementation("alice", SOURCE, ("s",), ("c", "{pid}", "{text}"))
        document = report.make_document(made, judged, 1.0, False)
        for text in (" ".join(shown.getvalue().split()), report.markdown(document)):
            self.assertEqual([text.count(words) for words in (
                "signals that coalesce", "while one is pending", "usually a usleep",
                "usually signals that coalesce (see pid)", "lost ")], [3, 1, 1, 2, 5], text)
        self.assertEqual([entry["cause"] for entry in document["checks"]],
                         [causes.COALESCED, causes.SLOW, causes.COALESCED, None, causes.COALESCED])

    def test_the_short_form_of_each_cause_says_something(self):
        known = [text for name, text in vars(causes).items()
                 if name.isupper() and isinstance(text, str)]
        self.assertGreater(len(known), 10)
        for cause in known:
            self.assertGreaterEqual(len(causes.in_short(cause).split()), 2, cause)

    def test_arguments(self):
        well = {"case": "pid-0", "status": 1, "said": True, "seconds": 0.1, "near": None,
                "far": None, "server": None}

        def status(**more):
            return wrong_arguments.judge({**well, **more}).status
        self.assertEqual(status(), "OK")
        for more in ({"near": -10}, {"far": -12}, {"status": -11}, {"status": None},
                     {"server": -10}):
            self.assertEqual(status(**more), "KO", more)
        self.assertEqual(status(status=0, said=False), "WARN")
        self.assertEqual(status(case="bystander", far=-10), "INFO")
        self.assertEqual(status(case="bystander"), "OK")


class ManifestTest(unittest.TestCase):
    def test_how_it_is_called(self):
        made = pair.Implementation("alice", SOURCE, ("./server",),
                                   ("./client", "{pid}", "-t={text}"))
        self.assertEqual(made.program(), ["./client"])
        self.assertEqual(made.longest_text(), 131_071 - len("-t="))

    def test_a_command_as_one_types_it(self):
        made = pair.of_programs("./a b/server.py -v", "python3 'my client'")
        self.assertEqual(made.server, ("./a", "b/server.py", "-v"))
        self.assertEqual(made.client, ("python3", "my client", "{pid}", "{text}"))
        self.assertEqual(made.name, pathlib.Path.cwd().name)


class BuildTest(unittest.TestCase):
    def test_which_kind_a_failure_is(self):
        for said, words in (("x.c: undefined reference to `f'", "linking: a library"),
                            ("multiple definition of `g'", "several files"),
                            ("error: unused variable [-Werror=unused]", "-Werror makes"),
                            ("x.c:1: fatal error: libft.h: No such file", "a header"),
                            ("make: *** No rule to make target 'libft'", "submodule"),
                            ("error: 'SA_SIGINFO' undeclared", "does not declare"),
                            ("error: expected ';'", "the compiler refuses"), ("broken here", "")):
            self.assertIn(words or "", lenient.kind(said))
            self.assertEqual(bool(lenient.kind(said)), bool(words))

    def test_the_remedies(self):
        words, told = lenient.mended(["-Werror", "-lft", "a.o", "-o", "a"])
        self.assertEqual(words, [*lenient.ADDED, "a.o", "-o", "a", "-lft"])
        self.assertEqual(told, [*lenient.ADDED[:2], "without -Werror", "libraries last"])
        self.assertEqual(lenient.mended(["-c", "a.c"]),
                         ([*lenient.ADDED, "-c", "a.c"], lenient.ADDED[:2]))


class ReportTest(unittest.TestCase):
    ROWS = [{"protocol": name, "name": f"{name}/1000/text/same/own", "pin": "same",
             "bytes_per_second": rate, "messages": 9, "messages_failed": failed}
            for name, rate, failed in (("ack", 20_000.0, 0), ("lanes", 50_000.0, 0),
                                       ("<b>", 8_000.0, 2), ("usleep", 1_000.0, 0))]

    def document(self, partial=False):
        rank_check = next(check for check in checks.CHECKS if check.name == "rank")
        found = under_test.Finding
        judged = [checks.Judged(*one) for one in (
            (checks.CHECKS[0], found("OK", "12"), 0.1),
            (checks.CHECKS[4], found("OK", "", figures={"bytes_per_second": 9e3}), 1),
            (checks.CHECKS[5], found("KO", "got `|` <b>", "because"), 0.1, 2),
            (rank_check, found("INFO", "3rd, and how", figures={
                "tables": rank.table(self.ROWS, "<b>"), "places": "3rd"}), 1))]
        made = pair.Implementation("alice", SOURCE, ("./server",),
                                   ("./client", "{pid}", "{text}"))
        return report.make_document(made, judged, 3.0, False, partial)

    def test_a_partial_run_leaves_no_badge_and_says_what_it_is(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "mine.json"
            whole, partial = (report.publish(self.document(partial=flag), out)
                              for flag in (False, True))
            self.assertEqual([path.name for path in whole], ["mine.json", "mine.md", "mine.svg"])
            self.assertEqual([path.name for path in partial], ["mine.json", "mine.md"])
            page = out.with_suffix(".md").read_text()
            self.assertNotIn(".svg", page)
            self.assertIn(f"2/3 OK (partial: 4 of {len(checks.CHECKS)} checks)", page)

    def test_what_was_compared_is_told(self):
        self.assertIn("poll on two", report.markdown(self.document()))

    def test_the_document_is_as_the_schema_says(self):
        schema = json.loads((SOURCE / "results" / "grade.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        document = self.document()
        jsonschema.validate(document, schema)
        self.assertEqual(document["exit_status"], 1)
        self.assertEqual(document["headline"], "alice: 2/3 OK; 1 KO, 1 INFO; 9.00 kB/s; 3rd; 3 s")
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate({**document, "more": 1}, schema)

    def test_the_page_shows_text_of_theirs_as_text(self):
        page = report.markdown(self.document())
        self.assertIn("got \\`\\|\\` &lt;b\\><br>because |", page)
        self.assertNotIn("<b>", page)

    def test_the_rank(self):
        rows = rank.table(self.ROWS, "<b>")["same"]
        self.assertEqual([row["protocol"] for row in rows], ["lanes", "ack", "<b>", "usleep"])
        self.assertEqual(rank.place(rows), "3rd of 4, 0.40 of ack, 2 of 9 messages damaged")
        self.assertEqual(rank.table(self.ROWS, "nobody"), {})
        self.assertEqual([rank.ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21)],
                         ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st"])

    def test_the_badge(self):
        document = {"name": "<&\"'>", "score": {"ok": 31, "judged": 34},
                    "goodput_bytes_per_second": 9800.0}
        picture = report.badge(document)
        root = xml.etree.ElementTree.fromstring(picture)
        texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
        self.assertEqual(texts, ["<&\"'>", "31/34 OK", "9.80 kB/s"])
        self.assertNotIn("href", picture)
        self.assertEqual([report.badge_colour(*score) for score in
                          ((34, 34), (31, 34), (3, 34), (0, 0))],
                         [report.GREEN, report.YELLOW, report.RED, report.RED])

    def test_figures(self):
        self.assertEqual([reading.seconds_text(s) for s in (1.2, 0.0123, 9.5e-4)],
                         ["1.20 s", "12.3 ms", "950 us"])
        self.assertEqual([reading.rate_text(r) for r in (12, 9_840, 123_400, 2.5e6)],
                         ["12 B/s", "9.84 kB/s", "123 kB/s", "2.50 MB/s"])


class ChecksTest(unittest.TestCase):
    def test_names(self):
        names = [check.name for check in checks.CHECKS]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual({check.group for check in checks.CHECKS}, set(checks.GROUPS))

    def test_the_texts_are_what_they_say(self):
        self.assertEqual(len(messages.PRINTABLE), 95)
        for text in (messages.HIGH_BYTES, messages.FORMAT, messages.NEWLINES, messages.BLANKS):
            self.assertNotIn(0, text)
        self.assertEqual(len(pair.text_of(131_071)), 131_071)
        self.assertNotEqual(pair.text_of(60, 1), pair.text_of(60, 2))
        texts = [pair.text_of(length, seed) for length in (1, 2, 60) for seed in range(300)]
        self.assertTrue(all(text[:1].isalpha() and not text.endswith(b" ") for text in texts))
