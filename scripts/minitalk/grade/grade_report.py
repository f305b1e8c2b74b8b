"""What the grade leaves behind: the document (JSON), the page (markdown), the headline."""
import pathlib
from typing import Any

from minitalk.documents import cell, provenance
from minitalk.files import atomic_write, atomic_write_json
from minitalk.grade import badge, checks, rank, runner
from minitalk.grade.causes import ReportedCauses
from minitalk.grade.checks import Check
from minitalk.grade.manifest import Implementation
from minitalk.grade.runner import Judged
from minitalk.grade.verdict import KO, STATUSES, Verdict
from minitalk.results.reading import Document, Row
from minitalk.results.units import rate_text

SCHEMA = "minitalk.grade/1"
EXIT_KO = 1
PLACES = {"same": "both ends on one CPU", "cross": "the ends on two CPUs"}


def goodput(judged: list[Judged]) -> float | None:
    """Of the longest single message that arrived within its check; None: none did."""
    rates = {check.name: verdict.figures["bytes_per_second"] for check, verdict, _ in judged
             if "bytes_per_second" in verdict.figures}
    for name in ("1000-characters", "same-cpu", "two-cpus", "100-characters"):
        if name in rates:
            return float(rates[name])
    return None


def make_document(implementation: Implementation, judged: list[Judged], seconds: float, full: bool,
                  partial: bool = False) -> Document:
    """`partial`: some checks were left out by name (--only, --skip)."""
    good, total = runner.score(judged)
    statuses = [verdict.status for _, verdict, _ in judged]
    ranked = next((verdict for check, verdict, _ in judged if check.name == "rank"), None)
    document = {
        "schema": SCHEMA,
        "name": implementation.name,
        **provenance(),
        "seconds": round(seconds, 1),
        "full": full,
        "partial": partial,
        "server": list(implementation.server),
        "client": list(implementation.client),
        "score": {"ok": good, "judged": total},
        "summary": {status: statuses.count(status) for status in STATUSES},
        "goodput_bytes_per_second": goodput(judged),
        "rank": ranked.figures.get("tables") if ranked else None,
        "checks": [as_entry(*one) for one in judged],
        "exit_status": EXIT_KO if KO in statuses else 0}
    document["headline"] = headline(document, ranked)
    return document


def as_entry(check: Check, verdict: Verdict, seconds: float) -> dict[str, Any]:
    figures = {key: value for key, value in verdict.figures.items()
               if key not in ("tables", "places")}
    return {"name": check.name, "group": check.group, "asks": check.asks,
            "status": verdict.status, "reason": verdict.reason, "cause": verdict.cause or None,
            "seconds": round(seconds, 3), "figures": figures}


def headline(document: Document, ranked: Verdict | None) -> str:
    """One line that says it all."""
    counts = ", ".join(f"{document['summary'][status]} {status}" for status in STATUSES[1:]
                       if document["summary"][status])
    rate = document["goodput_bytes_per_second"]
    partial = f" (partial: {len(document['checks'])} of {len(checks.CHECKS)} checks)" \
        if document["partial"] else ""
    parts = [f"{document['name']}: {score_text(document)}{partial}", counts,
             rate_text(rate) if rate else "", ranked.figures.get("places", "") if ranked else "",
             f"{document['seconds']:.0f} s"]
    return "; ".join(part for part in parts if part)


def score_text(document: Document) -> str:
    return f"{document['score']['ok']}/{document['score']['judged']} OK"


def markdown(document: Document) -> str:
    shown = [] if document["partial"] else [f"![{score_text(document)}](grade.svg)", ""]
    lines = [f"## {cell(document['headline'])}", "", *shown,
             "| check | asks | | seen |", "|---|---|---|---|"]
    texts = ReportedCauses()
    for entry in document["checks"]:
        status = f"**{entry['status']}**" if entry["status"] == KO else entry["status"]
        cause = f"<br>{cell(texts.report(entry['cause'], entry['name']))}" if entry["cause"] else ""
        lines.append(f"| {entry['name']} | {cell(entry['asks'])} | {status} | "
                     f"{cell(entry['reason'])}{cause} |")
    for pin, rows in (document["rank"] or {}).items():
        lines += ["", f"1,000 characters, {PLACES[pin]}:", "",
                  "| | goodput | of ack | damaged |", "|---|---:|---:|---:|"]
        lines += [rank_line(row) for row in rows]
    lines += ["", f"{rank.COMPARED}."] if document["rank"] else []
    machine = document["machine"]
    lines += ["", f"{cell(machine['cpu_model'])}, {machine['cpu_count']} CPUs, Linux "
              f"{cell(machine['kernel'])}, {document['date']}. A time holds for this machine "
              "alone; compare ratios."]
    return "\n".join(lines) + "\n"


def rank_line(row: Row) -> str:
    name = f"**{cell(row['protocol'])}**" if row["graded"] else row["protocol"]
    share = "-" if row["share_of_ack"] is None else f"{row['share_of_ack']:.2f}"
    return (f"| {name} | {rate_text(row['bytes_per_second'])} | {share} | "
            f"{row['messages_failed']}/{row['messages']} |")


def publish(document: Document, out: pathlib.Path) -> list[pathlib.Path]:
    """FILE.json, FILE.md and FILE.svg; returns what was written. Of a partial run there is no
    badge: it would show more than was judged, and an older one stays. Raises OSError."""
    atomic_write_json(out, document)
    text = markdown(document).replace("(grade.svg)", f"({out.stem}.svg)")
    atomic_write(out.with_suffix(".md"), text)
    if document["partial"]:
        return [out, out.with_suffix(".md")]
    atomic_write(out.with_suffix(".svg"), badge.svg(document))
    return [out, out.with_suffix(".md"), out.with_suffix(".svg")]
