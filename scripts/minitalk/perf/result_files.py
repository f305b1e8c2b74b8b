"""Two result files of the bench in place of two binaries. They were measured one after the other,
so the machine may have changed in between: times are taken in units of each repetition's own
floor, and a slower one is only reported, for it cannot be measured again. Counts and damage are
exact."""
import json
import operator
import pathlib
from typing import Any, Sequence

from minitalk.exit_status import Failed
from minitalk.perf import bench, judgement
from minitalk.perf.judgement import Judged
from minitalk.perf.comparison_report import Compared
from minitalk.results.reading import Row

MACHINE = ("cpu_model", "kernel", "cpu_count")
THEIRS = "external"  # the kind of rows of third-party pairs


def load(path: pathlib.Path) -> tuple[dict[str, Any], dict[str, Row]]:
    try:
        document = json.loads(pathlib.Path(path).read_text())
        if document["context"]["schema"] != "minitalk.bench/1":
            raise ValueError(f"schema {document['context']['schema']}")
        for key in (*MACHINE, "git_commit", "git_dirty", "date", "seed"):
            document["context"][key]
        rows = {row["name"]: row for row in document["benchmarks"]}
        for row in rows.values():
            if row["kind"] == THEIRS:
                continue
            # Goodput as bytes in a raw ping-pong rather than in a second.
            row["reduced"] = [{**sample, "bytes_per_second": sample["bytes_per_second"]
                               * sample["floor_ns"]} for sample in bench.samples_of(row)]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Failed(f"cannot use {path}: {error!r}; it takes what "
                     "`minitalk-bench --benchmark_out=FILE` writes") from error
    return document["context"], rows


def compare(paths: Sequence[pathlib.Path], delta: float, force: bool) -> Compared:
    (base_context, base), (head_context, head) = (load(path) for path in paths)
    theirs = {name for rows in (base, head) for name, row in rows.items() if row["kind"] == THEIRS}
    base, head = ({name: row for name, row in rows.items() if name not in theirs}
                  for rows in (base, head))
    warnings = refusals(base_context, head_context, base, head)
    if warnings and not force:
        raise Failed("; ".join(warnings) + ". Measure both on one machine with --base, or compare "
                     "them all the same with --force")
    partner = partners(base, head) if force else {name: name for name in head if name in base}
    cases = [judge(name, base[partner[name]], row, delta) for name, row in head.items()
             if name in partner]
    if not cases:
        raise Failed("the two files have no row of minitalk's own in common")
    skipped = [{"name": name, "reason": "not in both files"}
               for name in sorted(set(base) ^ set(head)) if name not in partner]
    if theirs:
        skipped.append({"name": ", ".join(sorted(theirs)), "reason": "a third-party pair is no "
                        "version of minitalk, so its figures cannot regress with it"})
    return Compared("files", (paths[0], paths[1]), (base_context, head_context), cases, skipped,
                    warnings)


def refusals(base_context: dict[str, Any], head_context: dict[str, Any], base: dict[str, Row],
             head: dict[str, Row]) -> list[str]:
    """Why the files do not compare; nothing: they do."""
    texts = [f"{key} differs: {base_context[key]} and {head_context[key]}" for key in MACHINE
             if base_context[key] != head_context[key]]
    if not set(base) & set(head) and partners(base, head):
        texts.append("the same rows, but placed differently: "
                     f"{next(iter(base))} and {next(iter(head))}")
    return texts


def partners(base: dict[str, Row], head: dict[str, Row]) -> dict[str, str]:
    """Each row of head with the row of base to compare: its namesake, or else one that differs in
    placement alone."""
    condition = operator.itemgetter("protocol", "size_bytes", "payload")
    elsewhere = {condition(row): name for name, row in base.items() if name not in head}
    found = {name: name if name in base else elsewhere.get(condition(row))
             for name, row in head.items()}
    return {name: other for name, other in found.items() if other}


def judge(name: str, base: Row, head: Row, delta: float) -> Judged:
    case = bench.Case(name)
    # Any pairing is as good as another here; base's next repetition serves as the control.
    controls = base["reduced"][1:] + base["reduced"][:1]
    rounds = [{"order": ["base", "head", "control"], "base": one, "head": other, "control": control}
              for one, other, control in zip(base["reduced"], head["reduced"], controls)]
    first: Judged = {"seed": None, "calls": [[], []], "rounds": rounds,
                     **judgement.judge_case(case, rounds, ([], []), delta)}
    judged = judgement.conclude(case, first, None)
    exact = [first["intact"]["verdict"], first["signals_per_byte"]["verdict"]]
    if first["verdict"] == judgement.REGRESSED and judgement.REGRESSED not in exact:
        judged.update(verdict=judgement.INCONCLUSIVE, confirmation="impossible")
    return judged
