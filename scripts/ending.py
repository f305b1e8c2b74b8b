"""How a script ends: with the status of its work, with an error in one line, or by Ctrl-C and the
like, which unwind it, so that its children end and its files go."""
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


def status_of(work, script, clear, failures, failed):
    """The exit status of `work()`: what it returns; `failed` where one of the exceptions `failures`
    ends it, and that is told; INTERRUPTED and more where a signal does. `clear()` is called before
    anything is told, to take a progress display away."""
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
