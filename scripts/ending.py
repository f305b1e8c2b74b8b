"""How a script ends: with the status of its work, with an error in one line, or by Ctrl-C and the
like, which unwind it, so that its children end and its files go."""
import os
import signal
import sys

INTERRUPTED = 128  # plus the signal's number: the exit status of a script that was ended
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """SIGINT, SIGTERM or SIGHUP, whose number is args[0]."""


def end_on_signals():
    """From now on these raise Ended, once: a second Ctrl-C must not tear the cleaning up."""
    def end(number, _frame):
        for other in ENDING:
            signal.signal(other, lambda *_: None)
        raise Ended(number)
    for number in ENDING:
        signal.signal(number, end)


# scripts/with_args.sh sets it, which make calls.
BELOW_MAKE = "MINITALK_BELOW_MAKE" in os.environ


def tell_below_make(script, status):
    """Make ends with 2 whatever the status is: says what it is, and what to call to get it."""
    if BELOW_MAKE and status != 0:
        print(f"{script}: exit status {status} (make itself ends with 2 whatever it is: call "
              f"scripts/{script} to tell them apart)", file=sys.stderr)


def status_of(work, script, clear, failures, failed):
    """The exit status of `work()`: what it returns; `failed` where one of the exceptions `failures`
    ends it, and that is told; INTERRUPTED and more where a signal does. `clear()` is called before
    anything is told, to take a progress display away. Under make the status is told, too."""
    status = status_without_make(work, script, clear, failures, failed)
    tell_below_make(script, status)
    return status


def status_without_make(work, script, clear, failures, failed):
    end_on_signals()
    try:
        return work()
    except failures as error:
        clear()
        print(f"{script}: {error}", file=sys.stderr)
        return failed
    except Ended as ended:
        clear()
        print(f"{script}: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED + ended.args[0]
