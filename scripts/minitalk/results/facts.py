"""What minitalk-bench says of itself with --describe=json, as far as result files are read without
a bench at hand; `scripts/lab docs` writes it."""
from typing import NamedTuple


class Protocol(NamedTuple):
    """Bits: a round, at most and on random bits; None: there is no bound."""
    name: str
    loss_free: bool
    wants_two_cpus: bool
    bits_max: float | None
    bits_random: float | None


# In the order of their numbers on the wire, which never change: so does nothing that is made of
# their place in this list when another protocol comes.
# generated: protocols
PROTOCOLS = [
    Protocol("ack", True, False, 1.0, 1.0),
    Protocol("clock", True, False, 1.0, 1.0),
    Protocol("rle", True, False, 1.0, 0.882734839755),
    Protocol("usleep", False, False, None, None),
    Protocol("lanes", True, False, 3.0, 3.0),
    Protocol("pair", True, False, 1.388483827261, 1.333333333333),
    Protocol("sigqueue", True, False, 128.0, 128.0),
    Protocol("siginfo", True, False, 640.0, 640.0),
    Protocol("ppm", False, True, 5.0, 5.0),
    Protocol("runs", True, False, 3.787108987196, 3.2),
    Protocol("index", True, False, 64.0, 64.0),
]
# end

# Of tables: heading, key of the row, legend.
# generated: columns
COLUMNS = [
    ("protocol", "protocol",
     "how bits become signals; usleep:50 has a parameter, microseconds"),
    ("bytes", "size_bytes",
     "of a message"),
    ("payload", "payload",
     "what is in it: English text, random bytes, zeros, ones or UTF-8"),
    ("pin/wait", "pin",
     "same: both processes on one CPU, cross: on two; sleep: in the kernel until woken, spin: "
     "polling"),
    ("goodput", "bytes_per_second",
     "correct bytes per second through the bare protocol, without resending, median of the "
     "repetitions"),
    ("bits/floor", "bits_per_floor_round",
     "the same in bits per raw ping-pong of that condition and run: 1.00 is the most that one "
     "acknowledged bit can reach, on any machine"),
    ("bits/round", "bits_per_round",
     "bits that travel per round trip, counted; - where nothing is acknowledged"),
    ("bits lost", "bit_loss",
     "share of bits that never arrived, without resending; \"0 of n\": none in n repetitions, so"
     " at most 3/n of them would lose any (95 %)"),
    ("failed", "messages_failed",
     "messages with a missing or wrong byte, without resending, of all"),
    ("CPU s/MB", "cpu_seconds_per_megabyte",
     "user and system seconds of both ends per 10^6 correct bytes"),
    ("session", "session_bytes_per_second",
     "what a user of ./client gets: frames are resent until right; \"refused\": given up, and "
     "not printed"),
    ("verdict", "",
     "proven: under no schedule it loses a bit; only if ..., not so here: that holds under "
     "this assumption alone, and messages failed because the machine broke it; else the length"
     " of the shortest counterexample (make verify)"),
    ("own", "wait",
     "somebody else's pair, which waits as it was written to. A message lasts from the start "
     "of the client to the whole text on the server's terminal: starting a program is in it "
     "(see 1 byte); a lost one counts up to its first wrong byte"),
    ("program", "relative_time",
     "./server and ./client with their defaults, from the client's start to the whole text on "
     "the server's terminal; \"0.4 of C\": of the time of a plain pair in C that answers every "
     "bit, measured in turns with ours"),
]
# end

LEGENDS = {heading: legend for heading, _, legend in COLUMNS}
