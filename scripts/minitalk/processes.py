"""Child processes that never outlive us: each is the leader of a session of its own, which is ended
as a whole if we are interrupted or it takes too long."""
import os
import signal
import subprocess

from minitalk.exit_status import Failed

FAREWELL_SECONDS = 5


def run(command, environment=None, folder=None, timeout=None, output=subprocess.PIPE):
    """Returns (exit status, stdout, stderr). `environment`: changes to ours; None removes a
    variable. Raises Failed if it cannot start or times out."""
    command = [str(word) for word in command]
    changed = {**os.environ, **(environment or {})}
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                 stderr=subprocess.PIPE, text=True, errors="replace", cwd=folder,
                                 env={name: value for name, value in changed.items()
                                      if value is not None}, start_new_session=True)
    except OSError as error:
        raise Failed(f"cannot run {command[0]}: {error.strerror}") from error
    try:
        stdout, stderr = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        end(child)
        raise Failed(f"`{' '.join(command)}` took more than {timeout:.3g} s: is the machine "
                     "overloaded?") from error
    except BaseException:  # an interrupt too must not leave it behind
        end(child)
        raise
    return child.returncode, stdout, stderr


def end(child):
    """Ends a child and what it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            pass
        try:
            child.communicate(timeout=FAREWELL_SECONDS)
            return
        except subprocess.TimeoutExpired:
            continue
