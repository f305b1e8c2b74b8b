"""The report is one file that needs nothing else, holds what the results hold, escapes what is
hostile, and sorts and filters in a real browser."""
import base64
import html.parser
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from commands import lab, LAB, run, SOURCE
from minitalk.report import page
from minitalk.results import table

REFERENCE = SOURCE / "results" / "reference.json"
VERDICTS = SOURCE / "results" / "verdicts.json"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
VOID = {"meta", "img", "source", "input", "br", "link", "hr"}


class Page(html.parser.HTMLParser):
    """What a test asks of a page: elements with their attributes, well nested."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.cells, self.words = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "td":
            self.cells.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.words.append(data)
        if "td" in self.open:
            self.cells[-1] += data

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def report(*words):
    return lab("report", *words)


def setUpModule():
    """The reference run's page, drawn once for all tests."""
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    Reports.folder = pathlib.Path(folder.name)
    Reports.path = Reports.folder / "report.html"
    run = report(REFERENCE, "--verdicts", VERDICTS, "--out", Reports.path)
    assert run.returncode == 0, run.stderr
    Reports.text = Reports.path.read_text(encoding="utf-8")
    Reports.page = Page(Reports.text)
    Reports.document = json.loads(REFERENCE.read_text())


class Reports(unittest.TestCase):
    pass


class ContentTest(Reports):
    def test_nothing_is_fetched(self):
        addresses = [attributes.get("src") or attributes.get("href")
                     for _, attributes in self.page.elements
                     if "src" in attributes or "href" in attributes]
        self.assertGreater(len(addresses), 10)
        for address in addresses:
            self.assertRegex(address, "^(data:|#)")
        for attributes in self.page.of("source"):
            self.assertTrue(attributes["srcset"].startswith("data:"))
        self.assertNotRegex(self.text, r"@import|url\(")

    def test_every_row_and_every_figure(self):
        width = len(self.page.of("th"))
        rows = self.document["benchmarks"]
        self.assertEqual(len(self.page.cells), width * len(rows))
        for number, row in enumerate(rows):
            self.assertEqual(self.page.cells[number * width], row["protocol"])
            self.assertEqual(self.page.cells[number * width + 1], f"{row['size_bytes']:,}")

    def test_the_headline_is_first_and_true(self):
        large = [row for row in self.document["benchmarks"]
                 if row["payload"] == "text" and row["size_bytes"] == 4096]
        # In the place where bare signals are fastest.
        place = max((row["bytes_per_second"], row["pin"], row["wait"]) for row in large
                    if row["kind"] in {"signal-number", "pending-set"})[1:]
        rows = [row for row in large if (row["pin"], row["wait"]) == place]
        first = " ".join("".join(self.page.words).split())
        first = first[:first.index("Goodput against message size")]
        for kinds, words in (({"signal-number", "pending-set"}, "bare signals, nothing lost"),
                             ({"payload"}, "a payload")):
            best = max((row for row in rows if row["kind"] in kinds),
                       key=lambda row: row["bytes_per_second"])
            self.assertIn(f"Fastest with {words}: {best['protocol']}, "
                          f"{table.goodput(best)}", first)
        self.assertRegex(first, r"siginfo is [\d.]+ times as fast as index \(95 % interval [\d.]+")
        self.assertIn("4,096 bytes of text, same CPU, both sleep", first)

    def test_no_headline_praises_what_loses(self):
        rows = [row for row in self.document["benchmarks"] if row["protocol"] in ("lanes", "ack")]
        verdicts = [{"protocol": "lanes", "assumption": "any schedule", "verdict": "loses"}]
        self.assertEqual(page.headline(rows, [])["best"][0][1], "lanes")
        self.assertEqual(page.headline(rows, verdicts)["best"][0][1], "ack")
        self.assertIsNone(page.headline([], []))

    def test_pictures_say_their_claim(self):
        claims = [attributes["alt"] for attributes in self.page.of("img")]
        self.assertEqual(len(set(claims)), len(claims))
        self.assertTrue(claims[0].startswith("Signals that carry a payload move at most"))

    def test_anchors_lead_somewhere(self):
        places = {attributes["id"] for _, attributes in self.page.elements if "id" in attributes}
        for attributes in self.page.of("a"):
            if attributes["href"].startswith("#"):
                self.assertIn(attributes["href"][1:], places)

    def test_the_json_is_whole(self):
        download, = (a for a in self.page.of("a") if "download" in a)
        content = base64.b64decode(download["href"].partition(",")[2])
        self.assertEqual(json.loads(content), self.document)

    def test_pictures_warnings_and_verdicts(self):
        self.assertGreaterEqual(len(self.page.of("img")), 5)
        words = " ".join(self.page.words)
        for warning in self.document["context"]["warnings"]:
            self.assertIn(warning.replace("KVMKVMKVM", "KVM"), words)
        self.assertIn("loses in 3 steps", words)
        self.assertIn("sends USR1, which vanishes", words)

    def test_a_verdict_says_its_assumption_once(self):
        words = " ".join("".join(self.page.words).split())
        section = words[words.index("The protocols' own code under every schedule"):]
        for verdict in json.loads(VERDICTS.read_text())["verdicts"]:
            steps = len(verdict["counterexample"] or [])
            found = ("proven" if verdict["complete"] and not steps else
                     f"{verdict['verdict']} in {steps} steps" if steps else
                     "no counterexample found")
            self.assertIn(f"{found}: {verdict['assumption']}; up to {verdict['message_bits']} "
                          f"bits, {verdict['states']:,} states", section)
        self.assertNotIn("proven if", section)

    def test_what_is_told_of_the_machine(self):
        words = " ".join(self.page.words)
        self.assertIn("a virtual machine (KVM): ", words)
        self.assertNotIn("KVMKVM", words)
        self.assertEqual([dd for dd in self.page.of("dd") if dd], [{"class": "whole"}])
        self.assertIn(f'<dd class="whole">{self.document["context"]["date"]}</dd>', self.text)

    def test_the_columns_are_explained_above_the_table(self):
        told = self.text.index("What the columns mean")
        self.assertLess(told, self.text.index("<table>"))
        self.assertLess(self.text.index("proven: under no schedule", told),
                        self.text.index("<table>"))

    def test_costs_have_three_digits(self):
        costs = self.page.cells[9::len(self.page.of("th"))]
        for row, cost in zip(self.document["benchmarks"], costs):
            value = row["cpu_seconds_per_megabyte"]
            self.assertEqual(cost, "-" if value is None else table.three_digits(value))
        for value, told in ((None, "-"), (0, "0"), (6605563.0, "6,610,000"), (1.0, "1.00"),
                            (0.06554, "0.0655"), (9.996, "10.0"), (999.6, "1,000"), (66.05, "66.0"),
                            (1234, "1,230"), (0.0000123456, "0.0000123")):
            self.assertEqual(table.three_digits(value), told)

    def test_the_same_results_give_the_same_page(self):
        again = self.folder / "again.html"
        # As its reader would: in a process that has drawn nothing yet, as ours had not.
        run(sys.executable, LAB, "report", REFERENCE, "--verdicts", VERDICTS, "--out", again)
        self.assertEqual(again.read_text(encoding="utf-8"), self.text)


class RobustnessTest(Reports):
    def changed(self, change):
        document = json.loads(REFERENCE.read_text())
        document["benchmarks"] = document["benchmarks"][:4]
        change(document)
        path = self.folder / "changed.json"
        path.write_text(json.dumps(document))
        out = self.folder / "changed.html"
        run = report(path, "--out", out)
        self.assertEqual(run.returncode, 0, run.stderr)
        return out.read_text(encoding="utf-8")

    def test_hostile_names_are_escaped(self):
        hostile = "</script><script>alert(1)</script>\"'&"

        def change(document):
            document["benchmarks"][0]["protocol"] = hostile
            document["context"]["cpu_model"] = hostile
        text = self.changed(change)
        self.assertNotIn("<script>alert", text)
        self.assertEqual(text.count("<script>"), 1)
        self.assertIn(hostile, "".join(Page(text).words))

    def test_a_failed_row_is_told(self):
        def change(document):
            document["benchmarks"][0].update(error_occurred=True, error_message="ended by force")
        self.assertIn("ended by force", self.changed(change))

    def test_what_cannot_be_drawn_is_named(self):
        def without_kind(document):
            del document["benchmarks"][2]["kind"]

        def row_is_a_number(document):
            document["benchmarks"][2] = 7

        def warnings_are_a_number(document):
            document["context"]["warnings"] = 7

        for change, said in ((without_kind, "`kind` of "), (row_is_a_number, "is not of"),
                             (warnings_are_a_number, "`warnings` of ")):
            document = json.loads(REFERENCE.read_text())
            change(document)
            path = self.folder / "odd.json"
            path.write_text(json.dumps(document))
            run = report(path, "--out", self.folder / "odd.html")
            self.assertEqual((run.returncode, run.stdout), (65, ""), run.stderr)
            self.assertRegex(run.stderr, rf"^lab report: [^\n]*{said}[^\n]+; [^\n]+\n$")

    def test_what_cannot_be_read_is_named(self):
        for words, status, said in (([self.folder / "none.json"], 66, "make bench"),
                                    ([SOURCE / "README.md"], 65, "not whole JSON"),
                                    ([REFERENCE, "--verdicts", self.folder / "none"], 66,
                                     "make verify"),
                                    ([REFERENCE, "--out", self.folder], 73, "cannot write"),
                                    (["--nonsense"], 64, "--help")):
            run = report(*words)
            self.assertEqual(run.returncode, status, run.stderr)
            self.assertIn(said, run.stderr)
            self.assertEqual(run.stderr.count("\n"), 1, run.stderr)


# Presses the heading of goodput twice, types into the filter and moves the table sideways, as a
# reader would.
PRESS = """<script>
const scroll = document.querySelector(".scroll");
const whole = scroll.scrollWidth <= scroll.clientWidth;
document.querySelectorAll("th button")[4].click();
const best = body.rows[0].cells[0].textContent;
document.querySelectorAll("th button")[4].click();
filter.value = "lanes cross/spin";
filter.dispatchEvent(new Event("input"));
scroll.scrollLeft = 200;
const first = [table.tHead.rows[0].cells[0], rows.find((row) => !row.hidden).cells[0]];
const stays = first.every((cell) =>
  Math.abs(cell.getBoundingClientRect().left - scroll.getBoundingClientRect().left) < 2);
document.title = [best, body.rows[0].cells[0].textContent, count.textContent,
  document.documentElement.scrollWidth <= window.innerWidth, whole, scroll.scrollLeft,
  stays].join("|");
</script>"""


# What a reader on a phone sees: where the first picture is, that it fits, that pressing it enlarges
# it and pressing Escape undoes that, and that the links stay above the table.
LOOK = """<script>
addEventListener("load", () => {
  const first = document.querySelector("img");
  const top = first.getBoundingClientRect().top + window.scrollY;
  const small = first.getBoundingClientRect().width;
  const button = document.querySelector(".picture");
  button.click();
  const large = first.getBoundingClientRect().width;
  document.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape"}));
  const back = first.getBoundingClientRect().width;
  const scroll = document.querySelector(".scroll");
  window.scrollTo(0, scroll.offsetTop + 20);
  const links = Array.from(document.querySelectorAll("nav a")).map((link) => {
    const box = link.getBoundingClientRect();
    return document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2) === link;
  });
  const hint = getComputedStyle(document.querySelector(".hint")).display !== "none";
  parent.postMessage([Math.round(top), Math.round(small), Math.round(large), Math.round(back),
    links.every(Boolean), hint, first.currentSrc === first.src].join("|"), "*");
});
</script>"""
FRAME = """<!DOCTYPE html><title>none</title><body style="margin:0">
<script>onmessage = (event) => { document.title = event.data; };</script>
<iframe src="looked.html" style="width:%dpx;height:800px;border:0"></iframe>"""


@unittest.skipUnless(BROWSER, "no chromium here: apt-get install chromium")
class BrowserTest(Reports):
    def titles(self, width):
        page = self.folder / "pressed.html"
        page.write_text(self.text.replace("</body>", PRESS + "</body>"), encoding="utf-8")
        return self.title_of(page, width)

    def title_of(self, page, width):
        run = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             f"--user-data-dir={self.folder / 'profile'}", f"--window-size={width},900",
             "--dump-dom", page.as_uri()],
            stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=120,
            check=False)
        self.assertEqual(run.returncode, 0, run.stderr[-2000:])
        return re.search("<title>(.*?)</title>", run.stdout).group(1).split("|")

    def test_pictures_on_a_phone_and_on_a_desk(self):
        looked = self.folder / "looked.html"
        looked.write_text(self.text.replace("</body>", LOOK + "</body>"), encoding="utf-8")
        frame = self.folder / "frame.html"
        for width, least in ((390, 960), (1280, 1200)):
            frame.write_text(FRAME % width, encoding="utf-8")
            top, small, large, back, links, hint, wide = self.title_of(frame, 1400)
            self.assertLess(int(top), 800, f"the first picture at a width of {width}")
            self.assertLessEqual(int(small), width)
            self.assertGreaterEqual(int(large), least)
            self.assertEqual(small, back)
            self.assertEqual(links, "true", "the table lies over the links")
            self.assertEqual((hint, wide), ("true", "false") if width == 390 else ("false", "true"))

    def test_sorts_filters_and_fits(self):
        rows = [r for r in self.document["benchmarks"] if not r.get("error_occurred")]
        rows.sort(key=lambda row: row["bytes_per_second"])
        lanes = sum("lanes" == row["protocol"] and (row["pin"], row["wait"]) == ("cross", "spin")
                    for row in rows)
        for width in (1280, 500):  # 500: the least that headless chromium takes
            best, worst, count, fits, whole, moved, stays = self.titles(width)
            self.assertEqual((best, worst), (rows[-1]["protocol"], rows[0]["protocol"]))
            self.assertEqual(count, f"{lanes} of {len(self.document['benchmarks'])} rows")
            self.assertEqual(fits, "true", f"the page is wider than a window of {width}")
            self.assertEqual((whole, moved), ("true", "0") if width == 1280 else ("false", "200"))
            self.assertEqual(stays, "true", f"the protocols move out of a window of {width}")
