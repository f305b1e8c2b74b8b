"""Pure functions on samples: what a difference is estimated to be and how sure that is. No figure
here is a mean: one preempted run must not move it."""
import math
from typing import Sequence

import numpy
import numpy.typing

Array = numpy.typing.NDArray[numpy.float64]
Samples = Sequence[float] | Array

Z_99 = 2.576  # the normal quantile for two-sided 99 %
FEWEST = 10  # with fewer differences no 99 % interval exists


def walsh_averages(differences: Samples) -> Array:
    """The means of all pairs, each difference with itself too, in ascending order."""
    values = finite(differences)
    first, second = numpy.triu_indices(len(values))
    return numpy.sort((values[first] + values[second]) / 2)


def hodges_lehmann(differences: Samples) -> float:
    """The median of the Walsh averages: a location that a few odd samples hardly move."""
    return float(numpy.median(walsh_averages(differences)))


def walsh_rank(count: int) -> int:
    """Which Walsh average from either end bounds the 99 % interval, counted from 1; 0: none does.

    Rounded down, so that the interval is rather too wide."""
    mean = count * (count + 1) / 4
    deviation = math.sqrt(count * (count + 1) * (2 * count + 1) / 24)
    return max(0, math.floor(mean - Z_99 * deviation))


def interval(differences: Samples) -> tuple[float, float] | None:
    """The 99 % interval of the location, or None where there are too few differences."""
    rank = walsh_rank(len(differences))
    averages = walsh_averages(differences)
    if rank < 1:
        return None
    return float(averages[rank - 1]), float(averages[-rank])


def log_ratios(heads: Samples, bases: Samples) -> Array:
    """d = ln(head / base) of each pair; worse is up where more is worse."""
    above, below = finite(heads), finite(bases)
    if len(above) != len(below):
        raise ValueError(f"{len(above)} against {len(below)} samples make no pairs")
    if min(above.min(), below.min()) <= 0:
        raise ValueError("a ratio wants figures above zero")
    ratios: Array = numpy.log(above / below)
    return ratios


def finite(values: Samples) -> Array:
    """As an array. Refuses NaN, infinity and nothing: none of them may become a verdict."""
    array = numpy.asarray(values, dtype=float)
    if array.ndim != 1 or array.size == 0:
        raise ValueError("no samples")
    if not numpy.isfinite(array).all():
        raise ValueError("a sample is not a finite number")
    return array


def clopper_pearson(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact bounds of a probability, from how often it struck."""
    import scipy.stats  # a second of CPU time, which only perf-trial is willing to pay
    bounds = scipy.stats.binomtest(successes, trials).proportion_ci(confidence, method="exact")
    return float(bounds.low), float(bounds.high)
