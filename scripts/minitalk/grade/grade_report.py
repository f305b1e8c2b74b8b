"""What the grade shows and leaves behind: a line a check on the terminal, the document (JSON), the
page (markdown), the headline, and the badge for a README."""
import os
import pathlib
import shutil
import sys
import textwrap
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

from rich.text import Text

from minitalk.documents import (atomic_write, atomic_write_json, escaped, provenance,
                                provenance_text, table)
from minitalk.grade import checks, rank
from minitalk.grade.causes import ReportedCauses
from minitalk.grade.checks import Check, Judged
from minitalk.grade.under_test import Finding, INFO, KO, OK, SKIP, STATUSES, WARN
from minitalk.pairs.pair import Implementation
from minitalk.results.reading import Document, rate_text
from minitalk.terminal import console, Progress

SCHEMA = "minitalk.grade/1"
EXIT_KO = 1
PLACES = {"same": "both ends on one CPU", "cross": "the ends on two CPUs"}
# Which check's rate is the pair's goodput: the longest single message that was judged.
RATED = ("1000-characters", "same-cpu", "two-cpus", "100-characters")
STYLES = {OK: "green", KO: "bold red", SKIP: "bright_black", WARN: "yellow", INFO: "cyan"}
NAME_WIDTH = 17
INDENT = 7
# Of the badge, in pixels; letters of 11 pixels are about so wide. It has no fonts and no links.
HEIGHT, PADDING, CHARACTER = 20, 7, 6.6
GREY, GREEN, YELLOW, RED, BLUE = "#555", "#2c7a2c", "#8a6d00", "#b3261e", "#1f5fa8"
SEGMENT = """<rect x="{left}" width="{width}" height="{height}" fill="{fill}"/>
<text x="{middle:g}" y="14" text-anchor="middle" fill="#fff" \
font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" textLength="{length}">{text}</text>"""


class Display:
    """Writes to `stream`; progress goes to `progress`."""

    def __init__(self, stream: TextIO | None = None, progress: TextIO | None = None) -> None:
        self.console = console(stream or sys.stdout)
        self.progress = Progress(progress)
        self.causes = ReportedCauses()
        self.columns = min(120, max(60, shutil.get_terminal_size((100, 24)).columns))

    def say(self, text: str | Text, style: str = "") -> None:
        self.progress.clear()
        self.console.print(text, style=style)

    def title(self, implementation: Implementation, count: int) -> None:
        server, client = " ".join(implementation.server), " ".join(implementation.client)
        self.say(Text.assemble((implementation.name, "bold"), f": {server} and {client} in "
                               f"{implementation.folder}; {count} checks"))
        if implementation.remedies:
            self.say(f"  built with {', '.join(implementation.remedies)}", STYLES[WARN])

    def begin(self, check: Check) -> None:
        """What is going on, until it is judged."""
        self.progress.show(f"{check.name}: {check.asks}")

    def check(self, judged: Judged) -> None:
        check, finding, *_ = judged
        reason = finding.reason if finding.status in (OK, INFO, SKIP) else \
            f"{check.asks}: {finding.reason}{busy(finding.status, finding.figures)}"
        lines = self.wrapped(f"{check.name:<{NAME_WIDTH}} {reason}")
        status = (f"{finding.status:<4}", STYLES[finding.status])
        self.say(Text.assemble("  ", status, " ", "\n".join(lines)))
        if finding.cause and finding.status in (KO, WARN):
            cause = self.causes.report(finding.cause, check.name)
            lines = self.wrapped(" " * NAME_WIDTH + " " + cause, first=" " * INDENT)
            self.say("\n".join(lines), STYLES[SKIP])

    def wrapped(self, text: str, first: str = "") -> list[str]:
        """To the terminal's width, further lines below the reason."""
        return textwrap.wrap(text, self.columns - INDENT, initial_indent=first,
                             subsequent_indent=" " * (INDENT + NAME_WIDTH + 1),
                             replace_whitespace=False) or [""]

    def end(self, document: Document) -> None:
        self.say("")
        self.say(document["headline"], STYLES[KO if document["summary"]["KO"] else OK])


def busy(status: str, figures: dict[str, Any]) -> str:
    """Of a KO that a busy machine may explain."""
    return f" (the machine is busy: a process gets {figures['machine_cpu_share']:.0%} of a CPU)" \
        if status == KO and "machine_cpu_share" in figures else ""


def make_document(implementation: Implementation, judged: list[Judged], seconds: float, full: bool,
                  partial: bool = False) -> Document:
    """`partial`: some checks were left out by name (--only, --skip)."""
    good, total = checks.score(judged)
    statuses = [one.finding.status for one in judged]
    findings = {one.check.name: one.finding for one in judged}
    rates = (findings[name].figures.get("bytes_per_second") for name in RATED if name in findings)
    ranked = findings["rank"].figures if "rank" in findings else {}
    document = {
        "schema": SCHEMA,
        "name": implementation.name,
        **provenance(),
        "seconds": round(seconds, 1),
        "full": full,
        "partial": partial,
        "remedies": list(implementation.remedies),
        "load": round(os.getloadavg()[0], 2),
        "server": list(implementation.server),
        "client": list(implementation.client),
        "score": {"ok": good, "judged": total},
        "summary": {status: statuses.count(status) for status in STATUSES},
        "goodput_bytes_per_second": next(filter(None, rates), None),
        "rank": ranked.get("tables"),
        "checks": [as_entry(*one) for one in judged],
        "exit_status": EXIT_KO if KO in statuses else 0}
    document["headline"] = headline(document, ranked.get("places", ""))
    return document


def as_entry(check: Check, finding: Finding, seconds: float, restarts: int) -> dict[str, Any]:
    figures = {key: value for key, value in finding.figures.items()
               if key not in ("tables", "places")}
    return {"name": check.name, "group": check.group, "asks": check.asks,
            "status": finding.status, "reason": finding.reason, "cause": finding.cause or None,
            "tier": check.tier, "seconds": round(seconds, 3), "restarts": restarts,
            "figures": figures}


def headline(document: Document, places: str) -> str:
    """The result in one line. `places`: of the rank."""
    counts = ", ".join(f"{document['summary'][status]} {status}" for status in STATUSES[1:]
                       if document["summary"][status])
    rate = document["goodput_bytes_per_second"]
    partial = f" (partial: {len(document['checks'])} of {len(checks.CHECKS)} checks)" \
        if document["partial"] else ""
    return "; ".join(filter(None, [
        f"{document['name']}: {score_text(document)}{partial}", counts,
        rate_text(rate) if rate else "", places, f"{document['seconds']:.0f} s"]))


def score_text(document: Document) -> str:
    return f"{document['score']['ok']}/{document['score']['judged']} OK"


def markdown(document: Document) -> str:
    shown = [] if document["partial"] else [f"![{score_text(document)}](grade.svg)", ""]
    reported, rows = ReportedCauses(), []
    for entry in document["checks"]:
        status = f"**{entry['status']}**" if entry["status"] == KO else entry["status"]
        cause = f"<br>{escaped(reported.report(entry['cause'], entry['name']))}" \
            if entry["cause"] else ""
        seen = escaped(entry["reason"]) + busy(entry["status"], entry["figures"]) + cause
        rows.append([entry["name"], escaped(entry["asks"]), status, seen,
                     f"{entry['seconds']:.1f}"])
    lines = [f"## {escaped(document['headline'])}", "", *shown,
             *table("check | asks | | seen | s", "<<<<>", rows)]
    for pin, ranked in (document["rank"] or {}).items():
        lines += ["", f"1,000 characters, {PLACES[pin]}:", "", *table(
            "| goodput | of ack | damaged", "<>>>",
            ([f"**{escaped(row['protocol'])}**" if row["graded"] else row["protocol"],
              rate_text(row["bytes_per_second"]),
              "-" if row["share_of_ack"] is None else f"{row['share_of_ack']:.2f}",
              f"{row['messages_failed']}/{row['messages']}"] for row in ranked))]
    lines += ["", f"{rank.COMPARED}."] if document["rank"] else []
    restarts = sum(entry["restarts"] for entry in document["checks"])
    lines += ["", f"Load {document['load']} at the end; the server had to be started again "
              f"{restarts} times because it had ended."]
    return "\n".join([*lines, "", f"{escaped(provenance_text(document))}. A time holds for this "
                      "machine alone; compare ratios."]) + "\n"


def publish(document: Document, out: pathlib.Path) -> list[pathlib.Path]:
    """FILE.json, FILE.md and FILE.svg; returns what was written. Of a partial run there is no
    badge: it would show more than was judged, and an older one stays. Raises OSError."""
    page, picture = out.with_suffix(".md"), out.with_suffix(".svg")
    atomic_write_json(out, document)
    atomic_write(page, markdown(document).replace("(grade.svg)", f"({picture.name})"))
    if document["partial"]:
        return [out, page]
    atomic_write(picture, badge(document))
    return [out, page, picture]


def badge(document: Document) -> str:
    """The text of a self-contained SVG. Any name is safe in it."""
    good, total = document["score"]["ok"], document["score"]["judged"]
    rate = document["goodput_bytes_per_second"]
    parts = [(document["name"], GREY), (score_text(document), badge_colour(good, total)),
             *([(rate_text(rate), BLUE)] if rate else [])]
    label, lines, left = quoteattr(", ".join(text for text, _ in parts)), [], 0
    for text, fill in parts:
        width = round(len(text) * CHARACTER + 2 * PADDING)
        lines.append(SEGMENT.format(
            left=left, width=width, height=HEIGHT, fill=fill, middle=left + width / 2,
            length=width - 2 * PADDING, text=escape(text)))
        left += width
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{left}" height="{HEIGHT}" '
                      f'role="img" aria-label={label}>', '<clipPath id="r"><rect '
                      f'width="{left}" height="{HEIGHT}" rx="3"/></clipPath>',
                      '<g clip-path="url(#r)">', *lines, "</g>", "</svg>"]) + "\n"


def badge_colour(good: int, total: int) -> str:
    """Green for all, yellow for at least four fifths, red below."""
    if total and good == total:
        return GREEN
    return YELLOW if total and good >= 0.8 * total else RED
