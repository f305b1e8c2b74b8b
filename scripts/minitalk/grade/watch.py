"""Whether processes still do anything, asked of /proc. A client that has not run for two seconds
sends nothing and is answered nothing: it hangs, mostly in pause() for a signal that was lost."""
import os
import pathlib
import platform
import signal
import time

from minitalk.grade import children

STILL_SECONDS = 2.0
LOOK_SECONDS = 0.25
USERS = {signal.SIGUSR1, signal.SIGUSR2}
# What a deadlocked end sleeps in, where the number is known.
CALLS = {"x86_64": {34: "pause", 130: "sigsuspend", 128: "sigtimedwait", 202: "a lock (futex)",
                    35: "nanosleep", 230: "nanosleep", 7: "poll", 270: "pselect", 0: "read",
                    1: "write"},
         "aarch64": {133: "sigsuspend", 137: "sigtimedwait", 98: "a lock (futex)",
                     101: "nanosleep", 115: "nanosleep", 72: "pselect", 63: "read", 64: "write"}}


def activity(sessions):
    """Grows whenever a process of these sessions runs: CPU time and turns on a CPU."""
    return sum(task_activity(pid) for pid, fields in children.running()
               if int(fields[3]) in sessions)


def task_activity(pid):
    total = 0
    for task in tasks(pid):
        try:
            run_ns, _, turns = (task / "schedstat").read_bytes().split()
            total += int(run_ns) + int(turns)
        except (OSError, ValueError):  # a kernel without it, or the thread has ended
            total += switches(task)
    return total


def switches(task):
    try:
        lines = (task / "status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)


def tasks(pid):
    try:
        return list(pathlib.Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


class Watch:
    """Over some sessions; asked again and again, it looks four times a second. `measure` says
    what is not to change."""

    def __init__(self, sessions, measure=activity):
        self.sessions = set(sessions)
        self.measure = measure
        self.looked = self.moved = time.monotonic()
        self.last = None

    def still_seconds(self):
        now = time.monotonic()
        if now - self.looked >= LOOK_SECONDS:  # not at once: most messages take no such time
            self.looked = now
            current = self.measure(self.sessions)
            if current != self.last:
                self.moved, self.last = now, current
        return now - self.moved


def of_processes(pids):
    """A Watch over processes that have no session of their own."""
    return Watch(pids, lambda chosen: sum(task_activity(pid) for pid in chosen))


def sleeps_in(pid):
    """The system call that a process sleeps in, in a word; None where it cannot be known."""
    try:
        number = pathlib.Path(f"/proc/{pid}/syscall").read_text().split()[0]
        return CALLS.get(platform.machine(), {}).get(int(number))
    except (OSError, ValueError, IndexError):
        return None


def caught(pid):
    """The signal numbers that a process has handlers for."""
    return mask(pid, "SigCgt")


def takes_signals(pid):
    """Whether it has handlers for, or waits with sigwait for, SIGUSR1 or SIGUSR2."""
    return bool((caught(pid) | mask(pid, "SigBlk")) & USERS)


def mask(pid, name):
    bits = int(status(pid).get(name, "0"), 16)
    return {number for number in range(1, 65) if bits >> (number - 1) & 1}


def status(pid):
    """/proc/PID/status; empty if there is no such process."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def resident_bytes(session):
    """What the processes of a session hold in memory."""
    return 1024 * sum(int(status(pid).get("VmRSS", "0 kB").split()[0])
                      for pid in children.session_members(session))


def cpu_seconds(session):
    """User and system time of the living processes of a session."""
    ticks = sum(int(fields[11]) + int(fields[12])
                for _, fields in children.running() if int(fields[3]) == session)
    return ticks / os.sysconf("SC_CLK_TCK")
