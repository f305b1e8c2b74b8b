"""Pure functions on samples: what a difference is estimated to be and how sure that is. No figure
here is a mean: one preempted run must not move it."""
import math

import numpy

Z_99 = 2.576  # the normal quantile for two-sided 99 %
FEWEST = 10  # with fewer differences no 99 % interval exists


def walsh_averages(differences):
    """The means of all pairs, each difference with itself too, in ascending order."""
    values = finite(differences)
    first, second = numpy.triu_indices(len(values))
    return numpy.sort((values[first] + values[second]) / 2)


def hodges_lehmann(differences):
    """The median of the Walsh averages: a location that a few odd samples hardly move."""
    return float(numpy.median(walsh_averages(differences)))


def walsh_rank(count):
    """Which Walsh average from either end bounds the 99 % interval, counted from 1; 0: none does.

    Rounded down, so that the interval is rather too wide."""
    mean = count * (count + 1) / 4
    deviation = math.sqrt(count * (count + 1) * (2 * count + 1) / 24)
    return max(0, math.floor(mean - Z_99 * deviation))


def interval(differences):
    """The 99 % interval of the location, or None where there are too few differences."""
    rank = walsh_rank(len(differences))
    averages = walsh_averages(differences)
    if rank < 1:
        return None
    return float(averages[rank - 1]), float(averages[-rank])


def half_width(bounds):
    return (bounds[1] - bounds[0]) / 2


def log_ratios(heads, bases):
    """d = ln(head / base) of each pair; worse is up where more is worse."""
    heads, bases = finite(heads), finite(bases)
    if len(heads) != len(bases):
        raise ValueError(f"{len(heads)} against {len(bases)} samples make no pairs")
    if min(heads.min(), bases.min()) <= 0:
        raise ValueError("a ratio wants figures above zero")
    return numpy.log(heads / bases)


def finite(values):
    """As an array. Refuses NaN, infinity and nothing: none of them may become a verdict."""
    array = numpy.asarray(values, dtype=float)
    if array.ndim != 1 or array.size == 0:
        raise ValueError("no samples")
    if not numpy.isfinite(array).all():
        raise ValueError("a sample is not a finite number")
    return array


def binomial_tail(successes, trials, probability):
    """How likely at least so many successes are."""
    return math.fsum(math.comb(trials, k) * probability**k * (1 - probability)**(trials - k)
                     for k in range(successes, trials + 1))


def clopper_pearson(successes, trials, confidence=0.95):
    """Exact bounds of a probability, from how often it struck."""
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} of {trials}")
    miss = (1 - confidence) / 2
    low = 0.0 if successes == 0 else bisect(
        lambda p: binomial_tail(successes, trials, p) < miss)
    high = 1.0 if successes == trials else bisect(
        lambda p: binomial_tail(successes + 1, trials, p) < 1 - miss)
    return low, high


def bisect(is_below):
    """Where in 0..1 a condition that begins true turns false."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return (low + high) / 2
