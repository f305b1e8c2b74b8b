"""For a message that did not arrive as it should: what that comes from, where there is evidence of
it; otherwise nothing. One line each, with what to do."""
import re

from minitalk.pairs.engine import Exchange, signal_name

LOST_WAKE_UP = ("usually a lost wake-up: the signal comes between the check and pause(); block it "
                "with sigprocmask and wait in sigsuspend")
COALESCED = ("usually signals that coalesce: while one is pending the next of its number vanishes; "
             "no pause is long enough, so wait for an acknowledgement after each bit")
PRINTS_IN_HANDLER = ("usually printf or malloc in a handler: it waits for the lock that the "
                     "interrupted printf holds; only write(2) and flags belong there")
FLUSH = ("usually no '\\n' and no fflush(stdout) after the message: stdio keeps it until the "
         "buffer is full")
SHARED_STATE = ("usually one global state for all clients: keep bits per client (si_pid) or serve "
                "one client after the other")
STALE_STATE = ("usually a global state that a killed client leaves half full: start anew when "
               "another si_pid calls, or when kill(pid, 0) says that the last one is gone")
STRANGER = "usually a handler that does not look at si_pid: a stranger's signal is taken for a bit"
FORMAT = "usually printf(message): write printf(\"%s\", message)"
EARLY_SIGNAL = ("usually a signal before its handler was installed, or a handler that is gone "
                "after one call: sigaction first, then print the pid, then send")
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
USERS = ("SIGUSR1", "SIGUSR2")


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


PER_BIT = 4  # signals back for each byte, from which on each bit is answered


def of_exchange(exchange: Exchange, answers: float | None) -> str:
    """The cause of a damaged exchange, or nothing. `answers`: signals from the server for each
    byte, as strace has counted them; None: it has not."""
    if signal_name(exchange.server_status) in USERS or signal_name(exchange.client_status) in USERS:
        return EARLY_SIGNAL
    if exchange.server_status is not None or (exchange.client_status or 0) < 0:
        return ""
    if exchange.hung and (exchange.server_sleeps_in or "").startswith("a lock"):
        return PRINTS_IN_HANDLER
    if exchange.client_status is None:
        asleep = exchange.hung and exchange.client_sleeps_in == "pause"
        if asleep and exchange.server_sleeps_in and (answers or 0) >= PER_BIT:
            return LOST_WAKE_UP
        given_up = exchange.timed_out and not exchange.delivered
        return SLOW if given_up and exchange.client_sleeps_in == "nanosleep" else ""
    return COALESCED if answers == 0 and exchange.printed else ""
