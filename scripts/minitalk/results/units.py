"""How rates and times are shown, in every table, picture and line."""
Scale = tuple[tuple[str, float], ...]  # units and what they are worth, the largest first

RATES = (("GB/s", 1e9), ("MB/s", 1e6), ("kB/s", 1e3), ("B/s", 1))
TIMES = (("s", 1), ("ms", 1e-3), ("us", 1e-6))


def scaled(value: float, units: Scale) -> tuple[float, str]:
    """The value in the largest unit in which it is 1 or more, and that unit's name."""
    unit, scale = next((pair for pair in units if value >= pair[1]), units[-1])
    return value / scale, unit


def figures(value: float) -> str:
    """Three of them: 0.05, 1.96, 70.3, 685."""
    return f"{value:.{0 if value >= 99.5 else 1 if value >= 9.95 else 2}f}"


def rate_text(bytes_per_second: float) -> str:
    """Three figures: "12.3 kB/s"; whole bytes."""
    value, unit = scaled(bytes_per_second, RATES)
    return f"{value:.0f} {unit}" if unit == "B/s" else f"{figures(value)} {unit}"


def seconds_text(seconds: float) -> str:
    """Three figures: "950 us", "12.3 ms", "1.20 s"."""
    value, unit = scaled(seconds, TIMES)
    return f"{figures(value)} {unit}"
