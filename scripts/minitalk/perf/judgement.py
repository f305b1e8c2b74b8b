"""From rounds to verdicts, after docs/methodology.md, "perf-check". Pure: nothing is measured."""
import dataclasses
import math
import operator
import statistics
from typing import Any, Callable, Iterable

from minitalk.perf import intervals
from minitalk.perf.bench import Case
from minitalk.results.reading import Sample

Judged = dict[str, Any]  # a case, or a part of it, as it stands in the document
Round = dict[str, Any]  # a sample of each side, and their order

REGRESSED, IMPROVED, PASS, INCONCLUSIVE = "regressed", "improved", "pass", "inconclusive"
UNAVAILABLE = "not available"
NO_COUNT: Judged = {"verdict": UNAVAILABLE, "base": None, "head": None, "change": None,
                    "named": False}
COUNT_DELTA = 0.005  # signals and system calls a byte may rise by so much
COUNT_NAMED = 0.001  # a smaller change is not reported: barriers and the like vary so much
LOSS_DELTA = 0.01  # one percentage point
P99_DELTA = 0.25


@dataclasses.dataclass(frozen=True)
class Metric:
    name: str
    value: Callable[[Sample], float | None]  # of a sample; worse is up; None: this sample has none
    delta: float
    gates: bool = True  # otherwise only a warning
    ratio: bool = True  # compared as ln(head / base); otherwise as head - base

    @property
    def threshold(self) -> float:
        return math.log1p(self.delta) if self.ratio else self.delta

    def difference(self, head: Sample, base: Sample) -> float | None:
        """Of two samples; None where one of them has no figure."""
        worse, than = self.value(head), self.value(base)
        if worse is None or than is None:
            return None
        return float(intervals.log_ratios([worse], [than])[0]) if self.ratio else worse - than


def metrics(delta: float) -> list[Metric]:
    return [Metric("time_per_byte", lambda sample: 1 / sample["bytes_per_second"]
                   if sample["bytes_per_second"] > 0 else None, delta),
            Metric("latency_p50", operator.itemgetter("latency_ns_p50"), delta),
            Metric("latency_p99", operator.itemgetter("latency_ns_p99"), P99_DELTA, gates=False),
            Metric("bit_loss", operator.itemgetter("bit_loss"), LOSS_DELTA, ratio=False)]


def present(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def judge_metric(metric: Metric, rounds: list[Round]) -> Judged:
    """The verdict about one metric, with the figures that led to it."""
    differences = present(metric.difference(r["head"], r["base"]) for r in rounds)
    controls = present(metric.difference(r["control"], r["base"]) for r in rounds
                       if "control" in r)
    entry: Judged = {
        "metric": metric.name, "delta": metric.delta, "ratio": metric.ratio, "gates": metric.gates,
        "pairs": len(differences), "estimate": None, "low": None, "high": None,
        "control_half_width": None, "verdict": UNAVAILABLE}
    if len(differences) < max(1, len(rounds) / 2):
        return entry
    bounds = intervals.interval(differences)
    control = intervals.interval(controls) if controls else None
    entry["estimate"] = intervals.hodges_lehmann(differences)
    if bounds is not None:
        entry["low"], entry["high"] = bounds
    if control is not None:
        entry["control_half_width"] = (control[1] - control[0]) / 2
    entry["verdict"] = decide(bounds, entry["control_half_width"], metric.threshold)
    return entry


def decide(bounds: tuple[float, float] | None, control_half_width: float | None,
           threshold: float) -> str:
    """Where the interval lies. Without a control that is narrow enough nothing is certain."""
    if bounds is None or control_half_width is None or control_half_width > threshold:
        return INCONCLUSIVE
    low, high = bounds
    if low > threshold:
        return REGRESSED
    if high < -threshold:
        return IMPROVED
    return PASS if high <= threshold else INCONCLUSIVE


def judge_intact(rounds: list[Round], lossy: bool) -> Judged:
    """Gate 1: no timeout, and every byte right where the protocol promises that."""
    faults = {side: {"timeouts": 0, "messages_failed": 0, "session_wrong": 0}
              for side in ("base", "head")}
    for one in rounds:
        for side, count in faults.items():
            count["timeouts"] += not one[side]["measured"]
            count["messages_failed"] += 0 if lossy else one[side]["messages_failed"]
            count["session_wrong"] += one[side]["session_wrong"]
    worse = [name for name, times in faults["head"].items() if times and not faults["base"][name]]
    both = [name for name, times in faults["head"].items() if times and faults["base"][name]]
    verdict = REGRESSED if worse else INCONCLUSIVE if both else PASS
    return {"verdict": verdict, "new": worse, "in_both": both, **faults}


def judge_signals(rounds: list[Round]) -> Judged:
    """Gate 2, signals: exact for most protocols, so that the interval shrinks to a point; for those
    in which two signals may overtake each other it says how much they vary."""
    counts = [(r["head"]["signals_per_byte"], r["base"]["signals_per_byte"]) for r in rounds]
    counts = [(head, base) for head, base in counts if head and base]
    if len(counts) < max(1, len(rounds) / 2):
        return dict(NO_COUNT)
    differences = intervals.log_ratios(*zip(*counts))
    low, high = intervals.interval(differences) or (
        float(differences.min()), float(differences.max()))
    change = math.expm1(intervals.hodges_lehmann(differences))
    heads, bases = zip(*counts)
    return {"verdict": REGRESSED if low > math.log1p(COUNT_DELTA) else PASS,
            "base": statistics.median_high(bases), "head": statistics.median_high(heads),
            "change": change, "named": (low > 0 or high < 0) and abs(change) > COUNT_NAMED}


def judge_calls(base: list[float], head: list[float]) -> Judged:
    """Gate 2, system calls: from one or a few counts of either side."""
    if not base or not head:
        return dict(NO_COUNT)
    apart = min(head) > max(base) or max(head) < min(base)
    before, now = statistics.median_high(base), statistics.median_high(head)
    rises = min(head) / max(base) - 1 > COUNT_DELTA
    return {"verdict": REGRESSED if rises else PASS, "base": before, "head": now,
            "change": now / before - 1, "named": apart and abs(now / before - 1) > COUNT_NAMED}


def judge_case(case: Case, rounds: list[Round], calls: tuple[list[float], list[float]],
               delta: float) -> Judged:
    """Everything about a case. `calls`: the counts of base and of head."""
    whole = [r for r in rounds if all(r[side]["measured"] for side in r["order"])]
    intact = judge_intact(rounds, case.lossy)
    signals, system_calls = judge_signals(whole), judge_calls(*calls)
    judged = [judge_metric(metric, whole) for metric in metrics(delta)]
    gates = [intact["verdict"], signals["verdict"], system_calls["verdict"],
             *(metric["verdict"] for metric in judged if metric["gates"])]
    if judged[0]["verdict"] == UNAVAILABLE:
        gates.append(INCONCLUSIVE)
    return {"verdict": overall(gates), "intact": intact, "signals_per_byte": signals,
            "calls_per_byte": system_calls, "metrics": judged, "pairs": len(rounds)}


def overall(verdicts: list[str]) -> str:
    """One word for several: the worst, but nothing is improved while anything is open."""
    for word in (REGRESSED, INCONCLUSIVE, IMPROVED):
        if word in verdicts:
            return word
    return PASS


def after_confirmation(first: Judged, second: Judged) -> str:
    """What counts of a regression after a second look with another seed. Damage needs no second
    look: a byte was wrong where none may be."""
    damaged = {"messages_failed", "session_wrong"} & set(first["intact"]["new"])
    return REGRESSED if damaged or second["verdict"] == REGRESSED else INCONCLUSIVE


def conclude(case: Case, first: Judged, second: Judged | None) -> Judged:
    """The case's last word. `second`: the run with another seed, if there was one."""
    verdict, confirmation = first["verdict"], None
    if second is not None:
        verdict = after_confirmation(first, second)
        confirmation = "confirmed" if verdict == REGRESSED else "not confirmed"
    return {"name": case.name, "gated": case.gated, "lossy": case.lossy, "verdict": verdict,
            "confirmation": confirmation, "first": first, "second": second}
