"""What perf-check reports: the document, the markdown table, and the lines that CI understands."""
import argparse
import dataclasses
import math
import pathlib
from typing import Any, Mapping

from minitalk.documents import atomic_write, atomic_write_json, table
from minitalk.perf import intervals, judgement
from minitalk.perf.judgement import Judged, REGRESSED
from minitalk.results.reading import Document

SCHEMA = "minitalk.perf-check/1"
EXIT_REGRESSED, EXIT_STRICT_INCONCLUSIVE = 2, 3
BUILD_KEYS = ("compiler", "compiler_flags", "build_type")
SIDE_KEYS = ("git_commit", "git_dirty", *BUILD_KEYS)
MACHINE_KEYS = ("cpu_model", "cpu_count", "kernel", "governor", "hypervisor", "load_averages")
COUNTS = {"signals_per_byte": "signals per byte", "calls_per_byte": "system calls per byte"}


@dataclasses.dataclass(frozen=True)
class Compared:
    """What was compared, and what came of it. The pairs: of base and of head."""
    mode: str
    labels: tuple[object, object]
    contexts: tuple[dict[str, Any], dict[str, Any]]  # as their bench reports it
    cases: list[Judged]
    skipped: list[dict[str, str]]
    warnings: list[str]
    seconds: float = 0


def make_document(compared: Compared, options: argparse.Namespace) -> Document:
    cases, context = compared.cases, compared.contexts[1]
    verdict = judgement.overall([case["verdict"] for case in cases if case["gated"]])
    base, head = (dict[str, Any](label=str(label), **{key: context.get(key) for key in SIDE_KEYS})
                  for label, context in zip(compared.labels, compared.contexts))
    differing = [f"{key} differs: base has {base[key]!r}, head {head[key]!r}"
                 for key in BUILD_KEYS if base[key] != head[key]]
    return {
        "schema": SCHEMA,
        "verdict": verdict,
        "exit_status": EXIT_REGRESSED if verdict == REGRESSED else
        EXIT_STRICT_INCONCLUSIVE if options.strict and verdict == judgement.INCONCLUSIVE else 0,
        "mode": compared.mode,
        "date": context["date"],
        "seconds": round(compared.seconds, 1),
        "seed": options.seed,
        "parameters": {"delta": options.delta, "p99_delta": judgement.P99_DELTA,
                       "loss_delta": judgement.LOSS_DELTA, "count_delta": judgement.COUNT_DELTA,
                       "max_pairs": options.max_pairs, "confidence": 0.99},
        "machine": {key: context.get(key) for key in MACHINE_KEYS}, "base": base, "head": head,
        "warnings": compared.warnings + differing + too_noisy(cases),
        "skipped": compared.skipped, "cases": cases}


def too_noisy(cases: list[Judged]) -> list[str]:
    """Where base differs from itself too much for any verdict."""
    def too_wide(metric: Judged) -> bool:
        width = metric["control_half_width"]
        limit = math.log1p(metric["delta"]) if metric["ratio"] else metric["delta"]
        return metric["gates"] and width is not None and width > limit
    wide = [case["name"] for case in cases if case["gated"]
            and any(map(too_wide, case["first"]["metrics"]))]
    return [f"too noisy for a verdict on {', '.join(wide)}: base against base varies by more than "
            "delta; wait until the machine is quiet, or give it --max-pairs 256"] if wide else []


def change(metric: Judged) -> str:
    """"+3.1 % [+1.0, +5.2]"."""
    if metric["estimate"] is None:
        return "-"
    estimate, low, high = (
        None if value is None else 100 * (math.expm1(value) if metric["ratio"] else value)
        for value in (metric["estimate"], metric["low"], metric["high"]))
    interval = f"(fewer than {intervals.FEWEST} pairs)" if low is None else \
        f"[{low:+.1f}, {high:+.1f}]"
    return f"{estimate:+.1f} % {interval}"


def count_change(metric: Judged) -> str:
    if metric["base"] is None:
        return "-"
    if not metric["named"] and metric["verdict"] != REGRESSED:
        return f"{metric['head']:.4g}"
    return f"{metric['base']:.4g} -> {metric['head']:.4g} ({100 * metric['change']:+.2f} %)"


def markdown(document: Document) -> str:
    """The report that a person reads."""
    base, head = (f"{document[side]['label']} ({str(document[side]['git_commit'])[:12]}"
                  f"{', with changes' if document[side]['git_dirty'] else ''})"
                  for side in ("base", "head"))
    machine = document["machine"]
    return "\n".join([
        f"## perf-check: {document['verdict']}", "", f"{head} against {base}", "",
        *table("case | verdict | time per byte | latency p50 | lost | signals/B | calls/B | pairs",
               "<<<<<<<>", map(table_row, document["cases"])),
        "", "Head against base, + is worse; in brackets the 99 % interval. A case regresses "
        f"where the interval lies above {100 * document['parameters']['delta']:+g} %, and "
        "fails if a second run says so too.",
        *(f"- {text}" for _, text in remarks(document)),
        "", f"{machine['cpu_model']}, {machine['cpu_count']} CPUs, {machine['kernel']}; seed "
        f"{document['seed']}; {document['seconds']:.0f} s"]) + "\n"


def table_row(case: Judged) -> list[str]:
    run = case["second"] or case["first"]  # that the last word is about
    metrics = {metric["metric"]: metric for metric in run["metrics"]}
    lost = metrics["bit_loss"]
    return [case["name"], verdict_text(case), change(metrics["time_per_byte"]),
            change(metrics["latency_p50"]),
            change(lost) if lost["estimate"] or lost["low"] or lost["high"] else "0",
            *(count_change(run[key]) for key in COUNTS), str(run["pairs"])]


def verdict_text(case: Judged) -> str:
    word = f"**{case['verdict']}**" if case["verdict"] == REGRESSED else str(case["verdict"])
    notes = ([] if case["gated"] else ["advisory"]) + (
        [case["confirmation"]] if case["confirmation"] == "confirmed" else
        [f"regressed once, {case['confirmation']}"] if case["confirmation"] == "not confirmed" else
        ["slower, but files cannot be measured again"] if case["confirmation"] else [])
    return f"{word} ({', '.join(notes)})" if notes else word


def reasons(run: Judged) -> str:
    """Why a run of a case regressed."""
    def words(name: str) -> str:
        return name.replace("_", " ")
    return "; ".join([
        *(f"{words(name)}: {run['intact']['head'][name]}, base has none"
          for name in run["intact"]["new"]),
        *(f"{words(name)}: {count_change(run[name])}" for name in COUNTS
          if run[name]["verdict"] == REGRESSED),
        *(f"{words(metric['metric'])}: {change(metric)}" for metric in run["metrics"]
          if metric["gates"] and metric["verdict"] == REGRESSED)])


def remarks(document: Document) -> list[tuple[str, str]]:
    """What is to be noticed: pairs of `error` or `warning` and a text."""
    texts = []
    for case in document["cases"]:
        run, name = case["second"] or case["first"], case["name"]
        if case["verdict"] == REGRESSED:
            texts.append(("error" if case["gated"] else "warning",
                          f"{name}: {reasons(run) or reasons(case['first'])}"))
        elif case["confirmation"]:
            texts.append(("warning", f"{name}: {reasons(case['first'])}: {verdict_text(case)}"))
        texts += [("warning", f"{name}: {words} changed: {count_change(run[key])}")
                  for key, words in COUNTS.items()
                  if run[key]["named"] and run[key]["verdict"] != REGRESSED]
        texts += [("warning", f"{name}: {metric['metric'].replace('_', ' ')} {change(metric)}")
                  for metric in run["metrics"]
                  if not metric["gates"] and metric["verdict"] == REGRESSED]
        texts += [("warning", f"{name}: {fault.replace('_', ' ')} on both sides")
                  for fault in run["intact"]["in_both"]]
    return [*texts, *(("warning", text) for text in document["warnings"]),
            *(("warning", f"{one['name']} is left out: {one['reason']}")
              for one in document["skipped"])]


def publish(document: Document, out: pathlib.Path, environment: Mapping[str, str]) -> None:
    """Files, standard output, and CI's own places."""
    text = markdown(document)
    atomic_write_json(out, document)
    atomic_write(out.with_suffix(".md"), text)
    print(text)
    if "true" in (environment.get("CI"), environment.get("GITHUB_ACTIONS")):
        # Workflow commands: GitHub shows them at the top of a run.
        escapes = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
        for level, remark in remarks(document):
            print(f"::{level} title=perf-check::{remark.translate(escapes)}")
    if environment.get("GITHUB_STEP_SUMMARY"):
        with open(environment["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as summary:
            summary.write(text)
