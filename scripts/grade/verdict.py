"""The judgement of one check."""
import dataclasses

OK, KO, SKIP, WARN, INFO = "OK", "KO", "SKIP", "WARN", "INFO"
STATUSES = (OK, KO, WARN, INFO, SKIP)


@dataclasses.dataclass
class Verdict:
    """`reason`: one line, what was seen. `cause`: for a KO, what it usually comes from."""
    status: str
    reason: str = ""
    cause: str = ""
    figures: dict = dataclasses.field(default_factory=dict)


def seconds_text(seconds):
    """Three figures: "950 us", "12.3 ms", "1.20 s"."""
    for unit, scale in (("s", 1), ("ms", 1e3), ("us", 1e6)):
        if seconds * scale >= 1 or unit == "us":
            return f"{significant(seconds * scale)} {unit}"
    return ""


def rate_text(bytes_per_second):
    """Three figures: "12.3 kB/s"."""
    for unit, scale in (("MB/s", 1e6), ("kB/s", 1e3)):
        if bytes_per_second >= scale:
            return f"{significant(bytes_per_second / scale)} {unit}"
    return f"{bytes_per_second:.0f} B/s"


def significant(value):
    """Three significant figures, without an exponent."""
    return f"{value:.{max(0, 2 - len(str(int(value))) + 1)}f}"
