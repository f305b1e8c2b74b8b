"""Ctrl-C and the like end a script by unwinding it, so that its children end and its files go."""
import signal

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
