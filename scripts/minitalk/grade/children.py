"""Somebody else's program under a terminal of its own, in a session of its own. It cannot outlive
us: what is left of its session is killed when we end, and so is what has left its session."""
import contextlib
import ctypes
import os
import select
import signal
import subprocess
import time
import tty

from minitalk.exit_status import Failed

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
CHUNK = 65536
LIBC = ctypes.CDLL(None, use_errno=True)


def adopt_orphans():
    """A daemon that one of them starts becomes our child, so that the end can find it."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


@contextlib.contextmanager
def on_cpus(cpus):
    """What is started inside runs on these CPUs alone; None: anywhere."""
    before = os.sched_getaffinity(0)
    if cpus is not None:
        os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Child:
    """A running program. `output`: all that it wrote, as a person at its terminal would see it:
    on a terminal stdio writes at each newline, into a pipe only when its buffer is full."""

    def __init__(self, command, folder=None, cpus=None, guarded=False, **options):
        """`guarded`: killed by the kernel even if we are killed; costs a slower start."""
        self.output = bytearray()
        self.status = None  # as in subprocess: negative for a signal
        self.end_time = None
        self.guarded = guarded
        self.master, slave = os.openpty()
        options.setdefault("start_new_session", True)
        try:
            tty.setraw(slave)
            os.set_blocking(self.master, False)
            with on_cpus(cpus):
                self.start_time = time.monotonic()
                self.process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, cwd=folder,
                    preexec_fn=die_with_parent if guarded else None, **options)
        except OSError as error:
            os.close(self.master)
            raise Failed(f"cannot run {os.fsdecode(command[0])}: {error.strerror}") from error
        finally:
            os.close(slave)
        self.pid = self.process.pid
        self.pidfd = os.pidfd_open(self.pid)

    def poll(self):
        """Reads what there is and sees whether it has ended; returns the status."""
        if self.status is None and self.reap() is not None:
            self.status = self.process.returncode
            self.end_time = time.monotonic()
        self.read()
        return self.status

    def reap(self, options=os.WNOHANG):
        """Its status, or None while it runs. Popen's own poll() takes a lock, and an interrupt at
        the wrong moment leaves that locked for ever."""
        if self.process.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, options)
            except ChildProcessError:  # reaped, and interrupted before the status was kept
                pid, status = self.pid, 0
            if pid:
                self.process.returncode = os.waitstatus_to_exitcode(status)
        return self.process.returncode

    def read(self):
        """Adds to `output` what there is. Returns the number of bytes."""
        before = len(self.output)
        while True:
            try:
                chunk = os.read(self.master, CHUNK)
            except OSError:  # nothing there now, or nobody at the other end
                break
            if not chunk:
                break
            self.output += chunk
        return len(self.output) - before

    def signal(self, number):
        """To this process alone, while it is certain that the pid is still its own."""
        if self.reap() is None:
            os.kill(self.pid, number)

    def end(self):
        """Ends it and its session; safe to call again."""
        if self.master is None:
            return self.status
        # Until it is reaped its pid, which names the session's group, cannot be anybody else's.
        alone = self.poll() is not None and not self.guarded
        if self.status is None:
            kill_group(self.pid)
            kill_group(self.pid, alone=True)  # it may have joined another group
            self.reap(options=0)
        self.poll()
        for member in [] if alone else session_members(self.pid):
            kill_group(member, alone=True)
        os.close(self.master)
        os.close(self.pidfd)
        self.master = None
        return self.status


def kill_group(pid, alone=False):
    try:
        (os.kill if alone else os.killpg)(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def wait_for_news(children, seconds):
    """Sleeps until one of them writes or ends, at most so long; then reads everything."""
    poller = select.poll()
    for child in children:
        if child.status is None:
            poller.register(child.master, select.POLLIN)
            poller.register(child.pidfd, select.POLLIN)
    poller.poll(max(0, seconds) * 1000)
    for child in children:
        child.poll()


def await_ends(children, seconds):
    """Whether all of them ended within that time."""
    until = time.monotonic() + seconds
    while any(child.poll() is None for child in children):
        left = until - time.monotonic()
        if left <= 0:
            return False
        wait_for_news(children, left)
    return True


def stat_fields(pid):
    """The fields of /proc/PID/stat behind the name: state, parent, group, session, ..."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return None


def running():
    """Every process: (pid, stat fields)."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = stat_fields(name)
            if fields:
                yield int(name), fields


def session_members(session):
    """The pids of what still lives in a session."""
    return [pid for pid, fields in running()
            if fields[0] != b"Z" and int(fields[3]) == session]


def end_orphans():
    """Kills what has become ours because its parent ended. Call it when nothing should be left."""
    for _ in range(20):
        mine = [pid for pid, fields in running() if int(fields[1]) == os.getpid()]
        if not mine:
            return
        for pid in mine:
            kill_group(pid, alone=True)
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                pass


def signal_name(status):
    """"SIGSEGV" for the status of a process that it ended; None for one that ended itself."""
    if status is None or status >= 0:
        return None
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
