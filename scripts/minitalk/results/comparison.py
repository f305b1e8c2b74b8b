"""How many times as fast one row is as another, with an interval, and which rows a headline is of.

A repetition counts in raw ping-pongs measured beside it, so that the machine's drift falls out of
the ratio. The estimate is the median of the ratios of every repetition of the one to every one of
the other (Hodges and Lehmann), the interval is Mann and Whitney's, exact for few repetitions."""
import functools
import math
import statistics
from typing import NamedTuple

from minitalk.results import reading
from minitalk.results.reading import Row, three_figures

CONFIDENCE = 95  # percent
EXACT = 400  # so many pairs of repetitions are counted out; of more the normal distribution serves
BARE = {"signal-number", "pending-set"}
PAYLOAD = {"payload"}


class Ratio(NamedTuple):
    estimate: float
    low: float | None  # None, as is `high`: too few repetitions for the confidence
    high: float | None

    @property
    def known(self) -> bool:
        """Whether the interval leaves the better one no doubt."""
        return self.low is not None and self.high is not None and not self.low <= 1 <= self.high


@functools.lru_cache(maxsize=None)
def arrangements(u: int, n: int, m: int) -> int:
    """How many orders of n and m values have Mann and Whitney's U equal to u."""
    if u < 0:
        return 0
    if n == 0 or m == 0:
        return int(u == 0)
    return arrangements(u - m, n - 1, m) + arrangements(u, n, m - 1)


def end_rank(n: int, m: int) -> int:
    """Which of the sorted ratios from either end bounds the interval; 0: none does."""
    tail = (1 - CONFIDENCE / 100) / 2
    if n * m > EXACT:
        quantile = statistics.NormalDist().inv_cdf(1 - tail)
        return max(0, math.floor(n * m / 2 - quantile * math.sqrt(n * m * (n + m + 1) / 12)))
    seen, rank = 0, 0
    while rank < n * m:
        seen += arrangements(rank, n, m)
        if seen > tail * math.comb(n + m, n):
            break
        rank += 1
    return rank


def ratio(row: Row, other: Row) -> Ratio | None:
    """Of row to other; None where one of them has nothing to compare."""
    ours, theirs = (reading.of_samples(each, reading.bits_per_floor_round)
                    for each in (row, other))
    if not ours or not theirs or min(theirs) <= 0:
        return None
    ratios = sorted(a / b for a in ours for b in theirs)
    rank = end_rank(len(ours), len(theirs))
    ends = (ratios[rank - 1], ratios[-rank]) if rank else (None, None)
    return Ratio(statistics.median(ratios), *ends)


def words(row: Row, other: Row) -> str | None:
    """A sentence without its full stop, the faster one first."""
    found = ratio(row, other)
    if found is None:
        return None
    if 0 < found.estimate < 1 and ratio(other, row) is not None:
        return words(other, row)
    one, two = row["protocol"], other["protocol"]
    texts = f"{one} is {three_figures(found.estimate)} times as fast as {two}"
    if found.low is None or found.high is None:
        return f"{texts} (too few repetitions for an interval)"
    interval = f"{CONFIDENCE} % interval {three_figures(found.low)} to {three_figures(found.high)}"
    if not found.known:
        return f"whether {one} is faster than {two} cannot be told: {interval}"
    return f"{texts} ({interval})"


def lost_nothing(row: Row) -> bool:
    """Whether every bit of every repetition arrived, and right, in this run."""
    samples = reading.measured(row)
    return bool(samples) and all(
        s.get("bits_received", 0) >= s.get("bits_sent", 0) > 0 and s.get("bits_wrong", 0) == 0
        and s.get("messages_failed", 0) == 0 for s in samples)


def conditions(rows: list[Row]) -> list[tuple[tuple[str, str], list[Row]]]:
    """The largest message of text at each place that protocols were measured at, in the order of
    the file: (pin, wait) and the default rows, without a parameter."""
    text = [r for r in rows if not reading.failed(r) and r.get("payload") == "text"
            and r.get("kind") in BARE | PAYLOAD and ":" not in str(r.get("protocol"))
            and reading.number(r.get("size_bytes")) is not None]
    places = dict.fromkeys((str(r.get("pin")), str(r.get("wait"))) for r in text)
    found = []
    for place in places:
        mine = [r for r in text if (str(r.get("pin")), str(r.get("wait"))) == place]
        size = max(r["size_bytes"] for r in mine)
        found.append((place, [r for r in mine if r["size_bytes"] == size]))
    return found


def fastest(rows: list[Row], kinds: set[str], lossy: frozenset[str] = frozenset()) -> Row | None:
    """Of those that lost nothing, and that no verdict calls lossy."""
    whole = [r for r in rows if r["kind"] in kinds and lost_nothing(r)
             and r["protocol"] not in lossy and reading.number(r.get("bytes_per_second"))]
    return max(whole, key=rate) if whole else None


def rate(row: Row) -> float:
    """Goodput; none counts as 0."""
    return float(reading.number(row.get("bytes_per_second")) or 0)


class Headline(NamedTuple):
    place: tuple[str, str]  # pin, wait
    size_bytes: int
    bare: Row | None  # rows
    payload: Row | None
    sentences: list[str]


def headline(rows: list[Row], lossy: frozenset[str] = frozenset()) -> Headline | None:
    """Where the fastest bare protocol that lost nothing was measured; without one, the fastest of
    any."""
    found = [Headline(place, mine[0]["size_bytes"], fastest(mine, BARE, lossy),
                      fastest(mine, PAYLOAD, lossy), []) for place, mine in conditions(rows)]
    found = [each for each in found if each.bare or each.payload]
    if not found:
        return None
    best = max(found, key=lambda each: tuple(
        rate(row) if row else 0 for row in (each.bare, each.payload)))
    mine = dict(conditions(rows))[best.place]
    ack = next((r for r in mine if r["protocol"] == "ack" and lost_nothing(r)), None)
    pairs = [(best.payload, best.bare), (best.bare, ack if ack is not best.bare else None)]
    texts = [words(one, other) for one, other in pairs if one and other]
    return best._replace(sentences=[sentence for sentence in texts if sentence])


def summary(rows: list[Row]) -> list[tuple[tuple[str, str], int, list[str]]]:
    """Each protocol that lost nothing against `ack`, or against the next slower one where there is
    no `ack`; a list of (place, size, sentences)."""
    found = []
    for place, mine in conditions(rows):
        whole = sorted(filter(lost_nothing, mine), key=rate, reverse=True)
        ack = next((row for row in whole if row["protocol"] == "ack"), None)
        pairs = (zip(whole, whole[1:]) if ack is None else
                 ((row, ack) for row in whole if row is not ack))
        sentences = [text for text in (words(*pair) for pair in pairs) if text]
        if sentences:
            found.append((place, mine[0]["size_bytes"], sentences))
    return found
