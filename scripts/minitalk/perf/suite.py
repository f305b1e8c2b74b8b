"""Which conditions are compared, and what a verdict about each is worth."""
import dataclasses
import re

# Protocols that may lose bits by nature: for them loss is a figure and not a fault.
# generated: lossy
LOSSY = {"ppm", "usleep"}
# end


@dataclasses.dataclass(frozen=True)
class Case:
    name: str  # of the bench's row
    gated: bool  # otherwise advisory: told, but it fails nothing

    @property
    def protocol(self) -> str:
        return self.name.partition("/")[0].partition(":")[0]

    @property
    def size(self) -> int:
        return int(self.name.split("/")[1])

    @property
    def place(self) -> str:
        return "/".join(self.name.split("/")[3:5])

    @property
    def lossy(self) -> bool:
        return self.protocol in LOSSY

    @property
    def countable(self) -> bool:
        """Whether its system calls can be counted: sleeping waits make one each, polls any."""
        return self.place == "same/sleep"


def is_steady(name: str) -> bool:
    """One CPU and sleeping waits: the same switches in the same order each time, so it gates. Two
    polling processes also measure what else runs on the machine, and so do our two programs, which
    poll where they may."""
    return name.endswith("/same/sleep")


# Each protocol once, in sizes that give some twenty messages or more within a sample where the
# protocol allows it, for a median latency.
CI = ["ack/32/text/same/sleep", "clock/32/text/same/sleep", "rle/32/text/same/sleep",
      "pair/32/random/same/sleep", "lanes/64/text/same/sleep", "sigqueue/1000/text/same/sleep",
      "siginfo/4096/text/same/sleep", "usleep/16/text/same/sleep",
      "ack/32/text/cross/spin", "lanes/64/text/cross/spin", "siginfo/4096/text/cross/spin",
      "ppm/16/text/cross/spin", "program/1/text/none/own", "program/100/text/same/own"]
SUITES = {"ci": CI, "smoke": ["ack/32/text/same/sleep", "siginfo/4096/text/same/sleep"]}


def select(suite: str, pattern: str | None = None) -> list[Case]:
    """The cases of a suite whose name matches. Raises re.error for a bad pattern."""
    wanted = re.compile(pattern or "")
    return [Case(name, is_steady(name)) for name in SUITES[suite] if wanted.search(name)]
