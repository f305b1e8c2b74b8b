"""How a command ends: with the status of its work, with an error in one line, or by Ctrl-C and the
like, which unwind it, so that its children end and its files go."""
import os
import signal
import sys
from types import FrameType
from typing import Callable, NoReturn

# As in sysexits.h.
USAGE, DATA, NO_INPUT, CANNOT_CREATE = 64, 65, 66, 73
INTERRUPTED = 128  # plus the signal's number: the exit status of a command that was interrupted
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# scripts/with_args.sh sets it, which make calls.
BELOW_MAKE = "MINITALK_BELOW_MAKE" in os.environ


class Failed(Exception):
    """The command cannot go on. The text says in one line why and what to do; `status` is the exit
    status, None: the command's usual one."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Interrupted(BaseException):
    """SIGINT, SIGTERM or SIGHUP, whose number is args[0]."""


def raise_on_interrupts() -> None:
    """From now on these raise Interrupted, once: a second Ctrl-C must not interrupt the cleaning
    up."""
    def interrupt(number: int, _frame: FrameType | None) -> NoReturn:
        for other in INTERRUPTS:
            signal.signal(other, lambda *_: None)
        raise Interrupted(number)
    for number in INTERRUPTS:
        signal.signal(number, interrupt)


def report_below_make(command: str, status: int) -> None:
    """Make ends with 2 whatever the status is: says what it is, and what to call to get it."""
    if BELOW_MAKE and status != 0:
        print(f"{command}: exit status {status} (make itself ends with 2 whatever it is: call "
              f"scripts/{command} to tell them apart)", file=sys.stderr)


def of_work(work: Callable[[], int], command: str, failed: int) -> int:
    """The exit status of `work()`: what it returns; that of a Failed, or `failed` where it has
    none; INTERRUPTED and more where a signal ends it. Errors are printed, in one line each."""
    raise_on_interrupts()
    try:
        status = work()
    except (Failed, OSError) as error:
        print(f"{command}: {error}", file=sys.stderr)
        status = getattr(error, "status", None) or failed
    except Interrupted as interrupted:
        print(f"{command}: interrupted; nothing was written", file=sys.stderr)
        status = INTERRUPTED + int(interrupted.args[0])
    report_below_make(command, status)
    return status
