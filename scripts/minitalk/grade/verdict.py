"""The judgement of one check."""
import dataclasses
from typing import Any

OK, KO, SKIP, WARN, INFO = "OK", "KO", "SKIP", "WARN", "INFO"
STATUSES = (OK, KO, WARN, INFO, SKIP)


@dataclasses.dataclass
class Verdict:
    """`reason`: one line, what was seen. `cause`: for a KO, what it usually comes from."""
    status: str
    reason: str = ""
    cause: str = ""
    figures: dict[str, Any] = dataclasses.field(default_factory=dict)
