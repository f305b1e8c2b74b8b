"""The arithmetic behind the pictures, and that no file of the bench's is too odd to be drawn."""
import contextlib
import copy
import io
import json
import pathlib
import re
import struct
import tempfile
import unittest
from unittest import mock

from minitalk.exit_status import Failed
from minitalk.plots import (bits_per_round, common, cpu_cost, goodput_by_size, heat_map, pictures,
                            sweeps)
from commands import SOURCE

CONTEXT = {"cpu_model": "a CPU", "cpu_count": 2, "kernel": "Linux", "git_commit": "0" * 40,
           "git_dirty": False, "date": "today", "seed": 1}
BOUNDS = {"bits_per_microsecond_max": 0.8, "bits_per_microsecond_random": 0.5}


def sample(order, **more):
    return {"run_order": order, "measured": True, "messages": 10, "bits_sent": 20480,
            "bits_received": 20480, "bits_wrong": 0, "elapsed_ns": 4.1e6,
            "signals_to_sender": 4460, "floor_before_ns": 900.0, "floor_after_ns": 1100.0,
            "bytes_per_second": 5e4, "session_delivered": True, "session_seconds": 0.01, **more}


def row(protocol, kind, where=("cross", "spin"), payload="text", size=256, **more):
    made = {"protocol": protocol, "kind": kind, "pin": where[0], "wait": where[1],
            "payload": payload, "size_bytes": size, "parameter": None, "bytes_per_second": 5e4,
            "bit_errors": 0.0, "bits_per_round": 1.0, "bits_per_round_max": 1.0,
            "bits_per_round_random": None, "bits_per_floor_round": 0.9,
            "cpu_seconds_per_megabyte": 3.0, "samples": [sample(0), sample(1)]}
    return {**made, **more}


def carrier(name, rate):
    return row(name, "carrier", bytes_per_second=rate, bits_per_round=None,
               bits_per_round_max=None)


def external(name, pin="cross", **more):
    return row(name, "external", (pin, "own"), bits_per_round=None, bits_per_round_max=None,
               bit_errors=None, **more)


class ArithmeticTest(unittest.TestCase):
    def test_sixty_protocols_look_different(self):
        looks = [common.style(i) for i in range(63)]
        self.assertEqual(len({(look["color"], look["marker"]) for look in looks}), 63)

    def test_external_pairs_change_no_protocols_look(self):
        ours = [row("ack", "signal-number"), row("lanes", "pending-set")]
        looks = common.styles([external("first"), *ours, external("second")])
        self.assertEqual({name: looks[name] for name in ("ack", "lanes")}, common.styles(ours))
        self.assertEqual(len({str(look) for look in looks.values()}), 4)

    def test_an_external_pair_stands_where_its_floor_was_measured(self):
        self.assertEqual([common.place(external("a", pin)) for pin in ("same", "cross", "none")],
                         [("same", "sleep"), ("cross", "spin"), ("none", "auto")])
        self.assertEqual(common.place(row("ack", "signal-number", ("none", "auto"))),
                         ("none", "auto"))

    def test_labels_are_spread_and_keep_their_order(self):
        for places in ([], [0.5], [0.5, 0.5, 0.5], [0.9, 0.1, 0.11, 0.12], [0.3, 0.2, 0.1]):
            moved = common.spread(places, 0.05)
            order = sorted(range(len(places)), key=lambda i: (places[i], i))
            for left, right in zip(order, order[1:]):
                self.assertGreaterEqual(moved[right] - moved[left], 0.05 - 1e-9)
        self.assertAlmostEqual(sum(common.spread([0.5, 0.5, 0.5], 0.1)), 1.5)
        self.assertEqual(common.spread([0.1, 0.9], 0.05), [0.1, 0.9])
        for places in ([0.99, 1.1, 1.0], [-0.2, 0.0, -0.1, 0.05]):
            moved = common.within(common.spread(places, 0.05), 0.05, 0, 1)
            self.assertTrue(0 <= min(moved) and max(moved) <= 1, moved)
            self.assertEqual(sorted(places, key=lambda y: moved[places.index(y)]), sorted(places))
            gaps = sorted(moved)
            self.assertGreaterEqual(min(b - a for a, b in zip(gaps, gaps[1:])), 0.05 - 1e-9)

    def test_the_frontier_holds_what_nothing_beats(self):
        points = [(1, 5), (2, 4), (2, 9), (3, 9), (4, 10), (1, 3)]
        self.assertEqual(cpu_cost.frontier(points), [(1, 5), (2, 9), (4, 10)])

    def test_colours_tell_one_two_and_five_hundred_apart(self):
        shades = [float(heat_map.shade(bits)) for bits in (0, 0.1, 1, 2, 500, 5000)]
        for darker, lighter in zip(shades, shades[1:]):
            self.assertGreater(lighter - darker, 0.02)
        self.assertGreater(shades[3] - shades[2], 0.2)
        self.assertGreater(shades[4] - shades[3], 0.2)

    def test_information_of_the_timing_channel(self):
        right = sample(0)
        self.assertAlmostEqual(sweeps.bits_of_round(right), 5)
        self.assertAlmostEqual(sweeps.bits_of_round(sample(0, bits_wrong=4096)), 3)
        self.assertAlmostEqual(sweeps.bits_of_round(sample(0, bits_wrong=20480)), 3)
        self.assertAlmostEqual(sweeps.channel_information(right), 5 * 4460 * 1000 / 4.1e6)
        # Without errors as many bits as the message has, but for the last round's padding.
        self.assertAlmostEqual(sweeps.information(right), 5 * 4100 * 1000 / 4.1e6)
        self.assertEqual(sweeps.through_session(sample(0, session_delivered=False)), 0)

    def test_ack_stands_beside_the_pauses(self):
        places = common.SUITE_PLACES
        sweep = [row(f"usleep:{pause}", "signal-number", where, parameter=pause)
                 for where in places for pause in (1, 100)]
        slow = row("ack", "signal-number", places[0], samples=[
            sample(order, session_seconds=seconds)
            for order, seconds in enumerate((0.0256, 0.0128, 0.0512))])
        refused = row("ack", "signal-number", places[1],
                      samples=[sample(0, session_delivered=False)])
        others = [row("ack", "signal-number", places[0], size=16),
                  row("ack", "signal-number", places[0], "zeros"), row("lanes", "pending-set")]
        for rows, labels in (([slow, refused], ["ack: 10.0", "ack: 0.00"]),
                             ([slow], ["ack: 10.0", None]), ([], [None, None])):
            drawing = sweeps.draw_pauses([*sweep, *rows, *others])
            session = drawing.axes[2:]
            self.assertEqual([next((text.get_text() for text in axis.texts), None)
                              for axis in session], labels)
            self.assertEqual([list(axis.texts) for axis in drawing.axes[:2]], [[], []])
            common.plt.close(drawing)

    def test_a_footer_says_that_the_machine_was_busy(self):
        busy, left_out = ({"code": "busy_machine", "values": {"load": 4.83}},
                          {"code": "repetitions_left_out", "values": {"repetitions": 161}})
        codes = (SOURCE / "bench" / "environment.cc").read_text()
        for warning in (busy, left_out):
            self.assertIn(f'"{warning["code"]}"', codes)
            for key in warning["values"]:
                self.assertIn("{" + key, codes)
        context = {**CONTEXT, "warnings": ["x"], "warning_details": [busy, left_out]}
        self.assertEqual(common.strain(context), "busy machine: load 4.8; 161 repetitions left out")

    def test_a_footer_understands_results_without_warning_codes(self):
        busy = "the machine is busy (load average {:.1f})"
        left_out = "{} repetitions were left out"
        virtual, quiet = "a virtual machine (KVM)", common.footer(CONTEXT)
        for warnings, told in (([], ""), ([virtual], ""),
                               ([busy.format(4.83), virtual], "\nbusy machine: load 4.8"),
                               ([virtual, left_out.format(161)], "\n161 repetitions left out"),
                               ([busy.format(12), left_out.format(271)],
                                "\nbusy machine: load 12.0; 271 repetitions left out")):
            self.assertEqual(common.footer({**CONTEXT, "warnings": warnings}), quiet + told)


def whole_menu():
    """Every protocol that has a look of its own, at the suite's sizes and places, close together,
    and carriers."""
    rows = [row(name, "payload" if name == "siginfo" else "signal-number", where, size=size,
                bytes_per_second=3e4 + 100 * index, cpu_seconds_per_megabyte=30 + index)
            for where in common.SUITE_PLACES for size in (16, 4096)
            for index, name in enumerate([*common.KNOWN, "new"])]
    return rows + [row(name, "carrier", where, size=size, bytes_per_second=1e9 + index,
                       bits_per_round=None, bits_per_round_max=None)
                   for where in common.SUITE_PLACES for size in (16, 4096)
                   for index, name in enumerate(["pipe", "fifo", "unix", "sysv"])]


class LooksTest(unittest.TestCase):
    def laid_out(self, name, rows):
        """The picture as it is saved, still there to be measured."""
        drawing = pictures.draw(name, rows)
        with mock.patch.object(common.Paper, "formats", ()):
            with mock.patch.object(common.plt, "close"):
                common.save(drawing, common.footer(CONTEXT), pathlib.Path(name))
        drawing.draw_without_rendering()
        self.addCleanup(common.plt.close, drawing)
        return drawing

    def test_no_two_protocols_share_a_colour_and_a_filter_changes_none(self):
        rows = whole_menu()
        looks = common.styles(rows)
        self.assertEqual(len({look["color"] for look in looks.values()}), 11)
        self.assertEqual(len({str(look) for look in looks.values()}), len(looks))
        for name in common.KNOWN:
            self.assertEqual(common.styles([r for r in rows if r["protocol"] == name]),
                             {name: looks[name]})

    def test_labels_and_words_do_not_overlap_and_are_not_cut(self):
        rows = json.loads((SOURCE / "results" / "reference.json").read_text())["benchmarks"]
        rows = [{**BOUNDS, **r} for r in rows]
        for name in pictures.PICTURES:
            self.assert_apart(name, self.laid_out(name, rows))
        for name in ("goodput_by_size", "cpu_cost"):
            self.assert_apart(name, self.laid_out(name, whole_menu()))

    def assert_apart(self, name, drawing):
        """Words of a picture, but those that a tick or a legend places itself."""
        renderer = drawing.canvas.get_renderer()
        texts = [text for text in [*drawing.texts,
                                   *(text for axis in drawing.axes for text in axis.texts),
                                   *(axis.title for axis in drawing.axes)] if text.get_text()]
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts]
        width, height = drawing.canvas.get_width_height()
        for index, (words, box) in enumerate(boxes):
            self.assertTrue(-1 < box.x0 and box.x1 < width + 1 and -1 < box.y0
                            and box.y1 < height + 1, f"{name}: {words} is cut")
            for others, other in boxes[:index]:
                # Half a point of the letters' own white may be shared.
                apart = (box.x0 > other.x1 - 1 or other.x0 > box.x1 - 1 or box.y0 > other.y1 - 1
                         or other.y0 > box.y1 - 1)
                self.assertTrue(apart, f"{name}: {words!r} lies on {others!r}")

    def test_titles_say_what_the_file_says(self):
        rows = [row("quick", "payload", bytes_per_second=2.5e6),
                row("slow", "pending-set", bytes_per_second=12e3),
                row("slower", "signal-number", ("same", "sleep"), bytes_per_second=3e3)]
        for part, said in ((rows, "Signals that carry a payload move at most 2.50 MB/s, bare "
                                  "signals at most 12.0 kB/s"),
                           (rows[1:], "Bare signals move at most 12.0 kB/s"),
                           (rows[2:] + [carrier("fifo", 4e6)],
                            "Bare signals move at most 3.00 kB/s; the best other carrier 4.00 "
                            "MB/s"),
                           (rows[2:] + [carrier("fifo", 4e6), carrier("pipe", 3e6)],
                            "Bare signals move at most 3.00 kB/s; a pipe 3.00 MB/s")):
            self.assertEqual(goodput_by_size.claim(part), said)
        rows[0]["cpu_seconds_per_megabyte"] = 0.5
        self.assertEqual(cpu_cost.claim(rows[:2]), "quick costs least, 0.5 CPU seconds a megabyte; "
                                                   "slow most, 3")
        lossy = row("ppm", "pending-set", bits_per_round=4.6, samples=[sample(0, bits_wrong=9)])
        self.assertEqual(bits_per_round.claim([lossy, row("ack", "signal-number")]),
                         "On text, ack carries 1.00 bits a round trip, most of the bare protocols "
                         "that lost nothing")
        sweep = [row("usleep:0", "signal-number", ("same", "sleep"), parameter=0,
                     samples=[sample(0, bits_received=10240)]),
                 row("usleep:9", "signal-number", ("same", "sleep"), parameter=9)]
        claim = sweeps.claim_of_pauses(sweep, {("same", "sleep"): [99.0]}, [("same", "sleep")])
        self.assertIn("loses up to 50.0 % of the bits (0 µs pause)", claim)
        self.assertIn("pauses that lost none deliver at most 25.6 kB/s, ack 99.0", claim)
        self.assertNotIn("loses up to", sweeps.claim_of_pauses(sweep[1:], {}, [("same", "sleep")]))


class OddFilesTest(unittest.TestCase):
    def draw(self, rows):
        """The names of the pictures that these rows give."""
        drawn = set()
        with (tempfile.TemporaryDirectory() as folder,
              mock.patch.object(common.Paper, "formats", (".svg",))):
            for name in pictures.PICTURES:
                figure = pictures.draw(name, rows)
                if figure is not None:
                    common.save(figure, common.footer(CONTEXT), pathlib.Path(folder) / name)
                    drawn.add(name)
        return drawn

    def test_nothing_or_carriers_alone(self):
        self.assertEqual(self.draw([]), set())
        self.assertEqual(self.draw([carrier("pipe", 1e9)]), {"run_order"})

    def test_external_pairs_alone_and_beside_ours(self):
        theirs = [external("a", pin, size=size) for pin in ("same", "cross", "none")
                  for size in (1, 256)]
        lost = external("b", bytes_per_second=0.0, cpu_seconds_per_megabyte=None,
                        samples=[sample(3, bytes_per_second=0.0)])
        pictures = {"goodput_by_size", "cpu_cost", "heat_map", "run_order"}
        self.assertEqual(self.draw([*theirs, lost]), pictures)
        self.assertEqual(self.draw([lost]), pictures - {"cpu_cost"})
        self.assertEqual(self.draw([row("ack", "signal-number"), *theirs, lost]),
                         pictures | {"bits_per_round"})

    def test_places_and_payloads_that_are_not_the_suites(self):
        rows = [row("ack", "signal-number", where, payload)
                for where in (("none", "spin"), ("none", "auto"), ("cross", "auto"), ("new", "new"))
                for payload in ("ones", "new")]
        self.assertEqual(self.draw(rows), {"bits_per_round", "heat_map", "run_order"})

    def test_a_bound_in_time_where_costs_were_measured(self):
        rows = [row("ack", "signal-number", **BOUNDS), row("usleep", "signal-number"),
                row("runs", "pending-set", ("same", "sleep"), bytes_per_second=8e4, **BOUNDS)]
        self.assertEqual(pictures.draw("bits_per_microsecond", rows).claim,
                         "On text runs reaches 80% (same CPU) and ack reaches 50% (two CPUs) of "
                         "what its rounds could carry at this machine's costs")

    def test_a_whole_menu_with_zeros_and_carriers(self):
        slots = [row(f"ppm:{slot}", "pending-set", parameter=slot) for slot in (50, 2000)]
        silent = row("usleep", "signal-number", parameter=100, bytes_per_second=0.0,
                     bits_per_round=None, bits_per_floor_round=0.0, cpu_seconds_per_megabyte=None,
                     samples=[sample(3, bytes_per_second=0.0, session_delivered=False)])
        lanes = row("lanes", "pending-set", bits_per_round=3.0, **BOUNDS)
        siginfo = row("siginfo", "payload", bits_per_round=512.0, bits_per_round_max=640.0)
        rows = [siginfo, lanes, silent, *slots, carrier("pipe", 1e9), carrier("fifo", 1.01e9)]
        self.assertEqual(self.draw(rows), set(pictures.PICTURES) - {"pause_sweep"})


class CommandLineTest(unittest.TestCase):
    """lab plot on a file."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        rows = [row("ack", "signal-number"), row("ppm:50", "pending-set", parameter=50),
                row("ppm:100", "pending-set", parameter=100), carrier("pipe", 1e9), external("a")]
        self.document = {"context": CONTEXT, "benchmarks": [{"name": r["protocol"], **r}
                                                            for r in rows]}

    def plot(self, document, out="plots", *options):
        """Its exit status and what it said on standard output and standard error."""
        path = self.folder / "result.json"
        path.write_text(json.dumps(document))
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            try:
                status = pictures.run([str(path), str(self.folder / out), *options])
                return status, said.getvalue(), ""
            except Failed as error:
                return error.status, said.getvalue(), f"lab plot: {error}\n"

    def refused(self, document, *words):
        status, said, errors = self.plot(document)
        self.assertEqual((status, said), (65, ""), errors)
        self.assertRegex(errors, r"^lab plot: [^\n]+; [^\n]+\n$")
        for word in words:
            self.assertIn(word, errors)

    def odd(self, part_of, values, keys=None):
        """Each key of a part without a value, and with each of these."""
        for key in keys or part_of(self.document):
            for value in (None, *values):
                document = copy.deepcopy(self.document)
                part = part_of(document)
                del part[key]
                if value is not None:
                    part[key] = value
                yield key, document

    def test_a_key_that_is_missing_or_of_another_type(self):
        for part_of in (lambda d: d["benchmarks"][0], lambda d: d["context"]):
            # A list of no samples is odd, but one.
            wanted = sorted(set(part_of(self.document)) - {"name", "seed", "samples"})
            for key, document in self.odd(part_of, ([], {}, True, float("1e999")), wanted):
                if key != "git_dirty" or part_of(document).get(key) is not True:
                    document = json.loads(json.dumps(document).replace("Infinity", "1" * 400))
                    self.refused(document, f"`{key}`")
        for key, document in self.odd(lambda d: d["benchmarks"][1]["samples"][1], ("x", [], -1)):
            if key != "measured":
                self.refused(document, f"`{key}` of a repetition of ppm:50")

    def test_rows_and_samples_that_are_none(self):
        for rows in ([1], ["x"], [None], [[]], 1, None, {}, []):
            self.refused({"context": CONTEXT, "benchmarks": rows})
        for samples in (1, None, "x", {}, [1], [None]):
            self.document["benchmarks"][0]["samples"] = samples
            self.refused(self.document)
        del self.document["benchmarks"][0]["samples"]
        self.refused(self.document, "`samples` of ack is missing")
        self.refused([])

    def test_a_sweep_without_parameters_is_no_sweep(self):
        for one in self.document["benchmarks"]:
            one["parameter"] = None
        self.assertIn("timing_channel: the results hold nothing", self.plot(self.document)[1])

    def test_no_picture_of_an_earlier_run_stays(self):
        timing = [self.folder / "plots" / f"timing_channel.{end}" for end in ("png", "svg")]
        other = self.folder / "plots" / "history.png"
        self.assertNotIn("removed", self.plot(self.document)[1])
        self.assertTrue(all(path.exists() for path in timing))
        other.touch()
        self.document["benchmarks"] = self.document["benchmarks"][:1]
        self.assertIn("timing_channel: the results hold nothing for this picture; removed the old "
                      "timing_channel.png and timing_channel.svg\n", self.plot(self.document)[1])
        self.assertFalse(any(path.exists() for path in timing))
        self.assertTrue(other.exists())
        self.assertNotIn("removed", self.plot(self.document)[1])

    def test_a_picture_for_a_paper(self):
        """Of the size that was asked for, the same bytes each time, in every format."""
        words = ("--format", "png,pdf", "--width", "8.4cm", "--height", "3in", "--font", "7",
                 "--no-words")
        for out in ("one", "two"):
            self.assertEqual(self.plot(self.document, out, *words)[0], 0)
        made = sorted(path.name for path in (self.folder / "one").iterdir())
        self.assertEqual(made, sorted(f"{name}.{end}" for name in (
            "goodput_by_size", "cpu_cost", "bits_per_round", "heat_map", "timing_channel",
            "run_order") for end in ("png", "pdf")))
        for name in made:
            self.assertEqual((self.folder / "one" / name).read_bytes(),
                             (self.folder / "two" / name).read_bytes(), name)
        picture = (self.folder / "one" / "goodput_by_size.png").read_bytes()
        width, height = struct.unpack(">II", picture[16:24])
        self.assertEqual((width, height), (int(8.4 / 2.54 * common.DPI), 3 * common.DPI))
        paper = (self.folder / "one" / "goodput_by_size.pdf").read_bytes()
        self.assertTrue(paper.startswith(b"%PDF-"))
        box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", paper)
        self.assertAlmostEqual(float(box[1]), 8.4 / 2.54 * 72, places=1)
        self.plot(self.document)  # and what was asked for once is not kept
        self.assertIsNone(common.Paper.width)

    def test_options_that_cannot_be(self):
        for words in (("--width", "8.4"), ("--width", "3col"), ("--width", "0in"),
                      ("--format", "jpg"), ("--font", "0"), ("--width", "x")):
            errors = io.StringIO()
            with self.assertRaises(SystemExit) as ended, contextlib.redirect_stderr(errors):
                pictures.parse(["a.json", "b", *words])
            self.assertEqual((ended.exception.code, errors.getvalue().count("\n")), (64, 1))
            self.assertIn(repr(words[1]), errors.getvalue())

    def test_a_folder_that_cannot_be(self):
        status, _, errors = self.plot(self.document, "result.json")
        self.assertEqual((status, errors.count("\n")), (73, 1), errors)
