"""Every step in turn: a fault at the first system call (or the first signal) of a process, at the
second, and so on until there are no more. The shim strikes inside the process (fault_shim.cc)."""
import concurrent.futures
import os
import pathlib
import signal
import tempfile

from lab import Case, HANG_GUARD, TIMEOUT, Server

WORKERS = 12  # most of a run is waiting
ERRORS = ["EINTR", "EAGAIN", "EPERM", "ESRCH", "ENOSYS", "SHORT"]
FOREIGN = ["KILL1", "KILL2", "TGKILL1", "TGKILL2", "QUEUE1", "QUEUE2"]


def strike(lab, case, role, calls, action, n, message):
    """One fault at the n-th call. False if there is no n-th call any more."""
    with tempfile.TemporaryDirectory(dir=lab.folder) as folder:
        mark = pathlib.Path(folder, "mark")
        env = lab.environment(f"{role}:{calls}:{n}:{action}", mark)
        note = f"{role} {action} at call {n}"
        cpu = lab.random.choice(sorted(os.sched_getaffinity(0)))
        with Server(lab, env=None if role == "client" else env, cpu=cpu) as server:
            if not server.started:
                return judge_start(case, server, note)
            code, errors = lab.say(server.pid, message, *TIMEOUT, "--protocol", "ack",
                                   env=env if role == "client" else None, cpu=cpu)
            if not mark.exists():
                return False
            # Call 1 comes before the client has its handlers: there any signal kills any process.
            unprepared = n == 1 and action in FOREIGN
            lab.judge(case, server, message, code, errors, note=note,
                      killed_on_purpose=role == "client" and (action == "DIE" or unprepared))
            if role != "session":  # every session of this server would be hit again
                lab.serve_next(case, server, note)
            return True


def judge_start(case, server, note):
    """A server that ended before it said its pid: nobody can have used it."""
    code = server.process.wait(HANG_GUARD)
    died_of_the_stranger = -code in (signal.SIGUSR1, signal.SIGUSR2)
    explained = code > 0 and server.diagnostics().strip()
    case.count("refused" if explained or died_of_the_stranger else "silent",
               f"{note}: the server did not start, exit {code}")
    return True


def last_step(lab, role, calls, message):
    """How many calls there are, found by doubling and halving with a fault that does nothing."""
    low, high = 0, 1
    scratch = Case("count")
    while strike(lab, scratch, role, calls, "NOTHING", high, message):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if strike(lab, scratch, role, calls, "NOTHING", middle, message):
            low = middle
        else:
            high = middle
    return low


def sweep(lab, name, role, calls, actions, message):
    case = Case(name)
    last = last_step(lab, role, calls, message)
    jobs = [(n, action) for n in range(1, last + 1) for action in actions]
    if lab.short:
        jobs = lab.random.sample(jobs, min(len(jobs), 30))
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for _ in pool.map(lambda job: strike(lab, case, role, calls, job[1], job[0], message),
                          jobs):
            pass
    case.notes.append(f"{last} steps")
    return case


def client_killed(lab):
    return sweep(lab, "client killed at signal k, for every k of a 64-byte message", "client",
                 "send", ["DIE"], "k" * 64)


def session_killed(lab):
    return sweep(lab, "session killed at signal k, for every k of a 16-byte message", "session",
                 "send", ["DIE"], "s" * 16)


def client_calls(lab):
    return sweep(lab, "the n-th system call of a client fails, six ways, for every n", "client",
                 "any", ERRORS, "c")


def session_calls(lab):
    return sweep(lab, "the n-th system call of a session fails, six ways, for every n", "session",
                 "any", ERRORS, "c")


def server_calls(lab):
    return sweep(lab, "the n-th system call of the acceptor fails, six ways, for every n", "server",
                 "any", ERRORS, "c")


def foreign_to_client(lab):
    return sweep(lab, "a stranger's signal to the client at every step, six ways", "client", "any",
                 FOREIGN, "f")


def foreign_to_session(lab):
    return sweep(lab, "a stranger's signal to the session at every step, six ways", "session",
                 "any", FOREIGN, "f")


def foreign_to_server(lab):
    return sweep(lab, "a stranger's signal to the acceptor at every step, six ways", "server",
                 "any", FOREIGN, "f")
