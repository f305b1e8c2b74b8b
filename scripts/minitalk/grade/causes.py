"""For a message that did not arrive as it should: what that usually comes from, chosen by what was
seen. One line each, with what to do."""
import re

from minitalk.pairs.engine import Exchange, signal_name

LOST_WAKE_UP = ("usually a lost wake-up: the signal comes between the check and pause(); block it "
                "with sigprocmask and wait in sigsuspend")
COALESCED = ("usually signals that coalesce: while one is pending the next of its number vanishes; "
             "no pause is long enough, so wait for an acknowledgement after each bit")
LOST_IN_SPITE = ("usually a bit that was sent before the last one was taken, or state that handler "
                 "and main program share without a lock; one acknowledgement a bit, sent last")
PRINTS_IN_HANDLER = ("usually printf or malloc in a handler: it waits for the lock that the "
                     "interrupted printf holds; only write(2) and flags belong there")
FLUSH = ("usually no '\\n' and no fflush(stdout) after the message: stdio keeps it until the "
         "buffer is full")
SHARED_STATE = ("usually one global state for all clients: keep bits per client (si_pid) or serve "
                "one client after the other")
STALE_STATE = ("usually a global state that a killed client leaves half full: start anew when "
               "another si_pid calls, or when kill(pid, 0) says that the last one is gone")
STRANGER = "usually a handler that does not look at si_pid: a stranger's signal is taken for a bit"
SIGNED = "usually a signed char: shift and compare an unsigned char"
FORMAT = "usually printf(message): write printf(\"%s\", message)"
NUL_FRAMING = ("usually an empty message that is not expected: the first NUL is its end, with "
               "nothing before it")
EARLY_SIGNAL = ("usually a signal before its handler was installed, or a handler that is gone "
                "after one call: sigaction first, then print the pid, then send")
OVERRUN = ("usually a buffer of fixed size, or a pointer that is NULL: the length is the sender's "
           "to choose")
BAD_POINTER = "usually argv[1] or argv[2] used without a look at argc"
UNCHECKED_PID = ("usually kill(atoi(argv[1])) unchecked: 0 is the own process group, -1 everybody; "
                 "take digits alone, of a number above 1, and look at what kill returns")
PRINTS_EARLY = ("usually each character is printed as it comes: collect the message, print it "
                "when it is complete")
NO_TIMEOUT = ("usually an acknowledgement that is waited for without end: give up after a while, "
              "or look whether kill(pid, 0) still finds the server")
BUSY_WAIT = "usually while (1) without a pause: wait in pause(), sigsuspend or sigwait"
NOT_FREED = "usually malloc or strdup for each message without a free"
SLOW = "usually a usleep after each bit: wait for an acknowledgement, which takes some 10 us"

STRONG = (EARLY_SIGNAL, PRINTS_IN_HANDLER)  # what is seen speaks for itself, whatever was asked
LOSSES = (LOST_WAKE_UP, COALESCED, LOST_IN_SPITE)


class ReportedCauses:
    """Tells each cause whole once; after that in short, with the check that has the whole."""

    def __init__(self) -> None:
        self.first: dict[str, str] = {}  # the check that reported it, by cause

    def report(self, cause: str, check: str) -> str:
        """What to show of a cause beside the check of that name."""
        if cause not in self.first:
            self.first[cause] = check
            return cause
        return f"{in_short(cause)} (see {self.first[cause]})"


def in_short(cause: str) -> str:
    """What it is, without the explanation and the remedy behind it."""
    return re.split("[:;]", cause, maxsplit=1)[0]


def of_exchange(exchange: Exchange, acknowledged: bool | None) -> str:
    """The usual cause of a damaged exchange. `acknowledged`: whether the server is known to answer
    its clients."""
    died = signal_name(exchange.server_status) or signal_name(exchange.client_status)
    if died in ("SIGUSR1", "SIGUSR2"):
        return EARLY_SIGNAL
    if died:
        return OVERRUN
    if exchange.hung and (exchange.server_sleeps_in or "").startswith("a lock"):
        return PRINTS_IN_HANDLER
    acknowledged = acknowledged or exchange.takes_signals
    if exchange.client_status is None:
        given_up = exchange.timed_out and not exchange.delivered
        return LOST_WAKE_UP if acknowledged else SLOW if given_up else ""
    return content(exchange) or (LOST_IN_SPITE if acknowledged else COALESCED)


def content(exchange: Exchange) -> str:
    """What the place of the first wrong byte suggests, where it stands among right ones."""
    text, right = exchange.text, exchange.right_bytes
    if right >= len(text):
        return ""
    wrong = text[right]
    if wrong >= 0x80 and all(byte < 0x80 for byte in text[:right]):
        return SIGNED
    return FORMAT if wrong == ord("%") else ""
