"""What perf-check tells: the document, the markdown table, and the lines that CI understands."""
import argparse
import dataclasses
import math
import pathlib
from typing import Any, Mapping

from minitalk import statistics
from minitalk.files import atomic_write, atomic_write_json
from minitalk.perf import judgement
from minitalk.perf.judgement import Judged
from minitalk.results.reading import Document

Side = dict[str, Any]  # of the document

SCHEMA = "minitalk.perf-check/1"
EXIT = {judgement.PASS: 0, judgement.IMPROVED: 0, judgement.INCONCLUSIVE: 0, judgement.REGRESSED: 2}
EXIT_STRICT_INCONCLUSIVE = 3
SIDE_KEYS = ("git_commit", "git_dirty", "compiler", "compiler_flags", "build_type")
MACHINE_KEYS = ("cpu_model", "cpu_count", "kernel", "governor", "hypervisor", "load_averages")


@dataclasses.dataclass(frozen=True)
class Compared:
    """What was compared, and what came of it. The pairs: of base and of head."""
    mode: str
    labels: tuple[object, object]
    contexts: tuple[dict[str, Any], dict[str, Any]]  # what their bench said of itself
    cases: list[Judged]
    skipped: list[dict[str, str]]
    warnings: list[str]
    seconds: float = 0


def make_document(compared: Compared, options: argparse.Namespace) -> Document:
    cases, context = compared.cases, compared.contexts[1]
    verdict = judgement.overall([case["verdict"] for case in cases if case["gated"]])
    base, head = (side_of(*pair) for pair in zip(compared.labels, compared.contexts))
    machine = {key: context.get(key) for key in MACHINE_KEYS}
    return {
        "schema": SCHEMA,
        "verdict": verdict,
        "exit_status": exit_status(verdict, options.strict),
        "mode": compared.mode,
        "date": context["date"],
        "seconds": round(compared.seconds, 1),
        "seed": options.seed,
        "parameters": {"delta": options.delta, "p99_delta": judgement.P99_DELTA,
                       "loss_delta": judgement.LOSS_DELTA, "count_delta": judgement.COUNT_DELTA,
                       "max_pairs": options.max_pairs, "confidence": 0.99},
        "machine": machine, "base": base, "head": head,
        "warnings": compared.warnings + differing_builds(base, head) + busy(cases),
        "skipped": compared.skipped, "cases": cases}


def side_of(label: object, context: dict[str, Any]) -> Side:
    return {"label": str(label), **{key: context.get(key) for key in SIDE_KEYS}}


def exit_status(verdict: str, strict: bool) -> int:
    if strict and verdict == judgement.INCONCLUSIVE:
        return EXIT_STRICT_INCONCLUSIVE
    return EXIT[verdict]


def differing_builds(base: Side, head: Side) -> list[str]:
    return [f"{key} differs: base has {base[key]!r}, head {head[key]!r}"
            for key in ("compiler", "compiler_flags", "build_type") if base[key] != head[key]]


def busy(cases: list[Judged]) -> list[str]:
    """Where base differs from itself too much for any verdict."""
    wide = [case["name"] for case in cases if case["gated"]
            and any(too_wide(metric) for metric in case["first"]["metrics"])]
    return [f"too noisy for a verdict on {', '.join(wide)}: base against base varies by more than "
            "delta; wait until the machine is quiet, or give it --max-pairs 256"] if wide else []


def too_wide(metric: dict[str, Any]) -> bool:
    width = metric["control_half_width"]
    limit = math.log1p(metric["delta"]) if metric["ratio"] else metric["delta"]
    return metric["gates"] and width is not None and width > limit


def judged(case: Judged) -> Judged:
    """The run that the last word is about."""
    run: Judged = case["second"] or case["first"]
    return run


def metric_of(case: Judged, name: str) -> Judged:
    return next(metric for metric in judged(case)["metrics"] if metric["metric"] == name)


def percent(metric: dict[str, Any], log_ratio: float) -> float:
    return 100 * (math.expm1(log_ratio) if metric["ratio"] else log_ratio)


def change(metric: dict[str, Any]) -> str:
    """"+3.1 % [+1.0, +5.2]"."""
    if metric["estimate"] is None:
        return "-"
    text = f"{percent(metric, metric['estimate']):+.1f} %"
    if metric["low"] is None:
        return f"{text} (fewer than {statistics.FEWEST} pairs)"
    return f"{text} [{percent(metric, metric['low']):+.1f}, {percent(metric, metric['high']):+.1f}]"


def count_change(metric: dict[str, Any]) -> str:
    if metric["base"] is None:
        return "-"
    if not metric["named"] and metric["verdict"] != judgement.REGRESSED:
        return f"{metric['head']:.4g}"
    return f"{metric['base']:.4g} -> {metric['head']:.4g} ({100 * metric['change']:+.2f} %)"


def markdown(document: Document) -> str:
    """The report that a person reads."""
    base, head = (f"{document[side]['label']} ({str(document[side]['git_commit'])[:12]}"
                  f"{', with changes' if document[side]['git_dirty'] else ''})"
                  for side in ("base", "head"))
    lines = [f"## perf-check: {document['verdict']}", "", f"{head} against {base}", "",
             "| case | verdict | time per byte | latency p50 | lost | signals/B | calls/B "
             "| pairs |",
             "|---|---|---|---|---|---|---|---:|"]
    lines += [table_line(case) for case in document["cases"]]
    lines += ["", "Head against base, + is worse; in brackets the 99 % interval. A case regresses "
              f"where the interval lies above {100 * document['parameters']['delta']:+g} %, and "
              "fails if a second run says so too."]
    lines += [f"- {text}" for _, text in remarks(document)]
    lines += ["", f"{document['machine']['cpu_model']}, {document['machine']['cpu_count']} CPUs, "
              f"{document['machine']['kernel']}; seed {document['seed']}; "
              f"{document['seconds']:.0f} s"]
    return "\n".join(lines) + "\n"


def table_line(case: Judged) -> str:
    lost = metric_of(case, "bit_loss")
    return (f"| {case['name']} | {verdict_text(case)} | "
            f"{change(metric_of(case, 'time_per_byte'))} | "
            f"{change(metric_of(case, 'latency_p50'))} | "
            f"{change(lost) if lost['estimate'] or lost['low'] or lost['high'] else '0'} | "
            f"{count_change(judged(case)['signals_per_byte'])} | "
            f"{count_change(judged(case)['calls_per_byte'])} | {judged(case)['pairs']} |")


def verdict_text(case: Judged) -> str:
    word = f"**{case['verdict']}**" if case["verdict"] == judgement.REGRESSED else case["verdict"]
    notes = ([] if case["gated"] else ["advisory"]) + (
        [case["confirmation"]] if case["confirmation"] == "confirmed" else
        [f"regressed once, {case['confirmation']}"] if case["confirmation"] == "not confirmed" else
        ["slower, but files cannot be measured again"] if case["confirmation"] else [])
    return str(f"{word} ({', '.join(notes)})" if notes else word)


def reasons(run: Judged) -> str:
    """Why a run of a case regressed, in words."""
    texts = []
    for name in run["intact"]["new"]:
        texts.append(f"{name.replace('_', ' ')}: {run['intact']['head'][name]}, base has none")
    for name in ("signals_per_byte", "calls_per_byte"):
        if run[name]["verdict"] == judgement.REGRESSED:
            texts.append(f"{name.replace('_', ' ')}: {count_change(run[name])}")
    texts += [f"{metric['metric'].replace('_', ' ')}: {change(metric)}"
              for metric in run["metrics"]
              if metric["gates"] and metric["verdict"] == judgement.REGRESSED]
    return "; ".join(texts)


def remarks(document: Document) -> list[tuple[str, str]]:
    """What is to be noticed: pairs of `error` or `warning` and a text."""
    texts = []
    for case in document["cases"]:
        run = judged(case)
        name = case["name"]
        if case["verdict"] == judgement.REGRESSED:
            texts.append(("error" if case["gated"] else "warning",
                         f"{name}: {reasons(run) or reasons(case['first'])}"))
        elif case["confirmation"]:
            texts.append(("warning", f"{name}: {reasons(case['first'])}: {verdict_text(case)}"))
        texts += [("warning", f"{name}: {word} changed: {count_change(run[key])}")
                  for key, word in (("signals_per_byte", "signals per byte"),
                                    ("calls_per_byte", "system calls per byte"))
                  if run[key]["named"] and run[key]["verdict"] != judgement.REGRESSED]
        texts += [("warning", f"{name}: {metric['metric'].replace('_', ' ')} {change(metric)}")
                  for metric in run["metrics"]
                  if not metric["gates"] and metric["verdict"] == judgement.REGRESSED]
        texts += [("warning", f"{name}: {fault.replace('_', ' ')} on both sides")
                  for fault in run["intact"]["in_both"]]
    texts += [("warning", text) for text in document["warnings"]]
    texts += [("warning", f"{one['name']} is left out: {one['reason']}")
              for one in document["skipped"]]
    return texts


def annotations(document: Document) -> list[str]:
    """Workflow commands: GitHub shows them at the top of a run."""
    escaped = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
    return [f"::{level} title=perf-check::{text.translate(escaped)}"
            for level, text in remarks(document)]


def on_ci(environment: Mapping[str, str]) -> bool:
    return "true" in (environment.get("CI"), environment.get("GITHUB_ACTIONS"))


def publish(document: Document, out: pathlib.Path, environment: Mapping[str, str]) -> None:
    """Files, standard output, and CI's own places."""
    text = markdown(document)
    atomic_write_json(out, document)
    atomic_write(out.with_suffix(".md"), text)
    print(text)
    if on_ci(environment):
        print("\n".join(annotations(document)))
    if environment.get("GITHUB_STEP_SUMMARY"):
        with open(environment["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as summary:
            summary.write(text)
