"""The page: what of the results goes into which part of it. The template escapes everything, for
names and messages may come from anywhere."""
import base64
import json
import pathlib
import tempfile
from typing import Any

import jinja2
import markupsafe

from minitalk.plots import common, pictures
from minitalk.results import comparison, facts, reading, table, verdicts as verdict_texts
from minitalk.results.reading import Document, Row
from minitalk.results.verdicts import Verdict

HERE = pathlib.Path(__file__).parent

PHONE = 3.9  # inches: what a picture is drawn for there; type of 9 points is 12 pixels high

# As KVM names itself to cpuid, to fill twelve bytes.
REPEATED = "KVMKVMKVM"

CONDITION = ("protocol", "size_bytes", "payload", "pin")
# Key of the sort value, heading, explanation.
COLUMNS = [(key, heading, f"{legend}. {table.SPREAD_MEANS}" if heading == "goodput" else legend)
           for heading, key, legend in facts.COLUMNS
           if heading not in ("verdict", "own", "program")]


def render(document: Document, verdicts: list[Verdict]) -> str:
    """The page as text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("page.html").render(
        context=document["context"], headline=headline(document["benchmarks"], verdicts),
        compared=comparison.summary(document["benchmarks"]),
        conditions=conditions(document["context"]),
        warnings=[warning.replace(REPEATED, "KVM") for warning in
                  document["context"].get("warnings", [])], pictures=drawings(document),
        columns=COLUMNS, verdict_means=facts.LEGENDS["verdict"],
        rows=[line(row, verdicts) for row in document["benchmarks"]],
        verdicts=verdict_texts.groups(verdicts), style=text("style.css"), script=text("table.js"),
        download=data_uri("application/json", json.dumps(document, allow_nan=False).encode()))


def text(name: str) -> markupsafe.Markup:
    """Of our own, so it goes in as it is."""
    return markupsafe.Markup((HERE / name).read_text(encoding="utf-8"))


def data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def conditions(context: dict[str, Any]) -> list[tuple[str, Any]]:
    """Name and value of what a figure depends on."""
    load = context.get("load_averages") or ["?"]
    dirty = " with changes" if context.get("git_dirty") else ""
    return [
        ("machine", f"{context.get('cpu_model')}, {context.get('cpu_count')} CPUs"),
        ("hypervisor", (context.get("hypervisor") or "none").replace(REPEATED, "KVM")),
        ("kernel", context.get("kernel")),
        ("governor", context.get("governor")),
        ("compiler", f"{context.get('compiler')}{context.get('compiler_flags') or ''}"),
        ("commit", f"{str(context.get('git_commit'))[:12]}{dirty}"),
        ("date", context.get("date")),
        ("load before", f"{load[0]:.2f}" if isinstance(load[0], (int, float)) else "?"),
        ("seed", context.get("seed")),
    ]


def drawings(document: Document) -> list[dict[str, str]]:
    """Each drawn from these very results, for a wide window and for a phone."""
    rows = [row for row in document["benchmarks"] if not reading.failed(row)]
    drawn = []
    for name, (_, title) in pictures.PICTURES.items():
        wide = picture(name, rows, document["context"], None)
        narrow = picture(name, rows, document["context"], PHONE)
        if wide is not None and narrow is not None:
            drawn.append({"title": title, "claim": wide[0], "wide": wide[1],
                          "narrow": narrow[1]})
    return drawn


def picture(name: str, rows: list[Row], context: dict[str, Any],
            width: float | None) -> tuple[str, str] | None:
    """What it says, and its address; None where there is nothing to draw."""
    common.Paper.width, common.Paper.formats = width, (".svg",)
    try:
        figure = pictures.draw(name, rows)
        if figure is None:
            return None
        with tempfile.TemporaryDirectory(prefix="minitalk-report-") as folder:
            stem = pathlib.Path(folder) / "picture"
            common.save(figure, common.footer(context), stem)
            svg = stem.with_suffix(".svg").read_bytes()
    finally:
        common.Paper.width, common.Paper.formats = None, (".png", ".svg")
    return figure.claim, data_uri("image/svg+xml", svg)


def headline(rows: list[Row], verdicts: list[Verdict]) -> dict[str, Any] | None:
    """The fastest protocols and their ratio, in words; None where nothing came through whole."""
    lossy = frozenset(v["protocol"] for v in verdicts
                      if v["assumption"] == verdict_texts.ANY and v["verdict"] != "loss-free")
    found = comparison.headline(rows, lossy)
    if found is None:
        return None
    best = [(words, row["protocol"], table.goodput(row)) for words, row in
            (("Fastest with bare signals, nothing lost", found.bare),
             ("Fastest with a payload", found.payload)) if row]
    return {"best": best, "sentences": found.sentences,
            "where": f"{found.size_bytes:,} bytes of text, {common.place_name(found.place)}"}


def line(row: Row, verdicts: list[Verdict]) -> dict[str, Any]:
    """A row of the table: for each column what is shown and what it sorts by."""
    shown, failed = table.cells(row), reading.failed(row)
    cells = []
    for key, heading, _ in COLUMNS:
        value = shown["pin/wait"] if key == "pin" else row.get(key)
        # What does not exist sorts last.
        missing = value is None or failed and key not in CONDITION
        cells.append((shown[heading], "" if missing else value))
    return {"name": row["name"], "error": row.get("error_message") if failed else None,
            "kind": row.get("kind"), "verdict": verdict_texts.of(row, verdicts), "cells": cells}
