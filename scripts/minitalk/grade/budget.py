"""Which checks fit into the time that is left: the cheapest first, so that one long message does
not cost ten short answers."""
import time
from typing import Callable, Sequence


def affordable(costs: Sequence[float], left: float) -> set[int]:
    """The indices that fit when the cheapest are taken first. `costs` and `left` in seconds."""
    chosen = set()
    for cost, index in sorted((cost, index) for index, cost in enumerate(costs)):
        if cost > left:
            break
        left -= cost
        chosen.add(index)
    return chosen


class Budget:
    """A time that is shared out. `seconds` None: there is no limit."""

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.clock = clock
        self.start = clock()

    def elapsed(self) -> float:
        return self.clock() - self.start

    def left(self) -> float:
        return float("inf") if self.seconds is None else self.seconds - self.elapsed()

    def fits(self, costs: Sequence[float]) -> bool:
        """Whether the first of the checks to come can be afforded beside the others. What costs
        nothing always can."""
        return 0 in affordable(costs, max(0.0, self.left()))

    def share(self, wanted: float) -> float:
        """At most a quarter of what is left, for a check that can be made smaller."""
        return min(wanted, max(0.0, self.left() / 4))
