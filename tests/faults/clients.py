"""Many clients at once, clients that leave, and processes that are stopped and continued. Before,
every step in turn: a fault at the first system call (or the first signal) of a process, at the
second, and so on until there are no more. The shim strikes inside the process (shim.cc)."""
import concurrent.futures
import os
import pathlib
import signal
import subprocess
import tempfile
import time

from lab import Case, HANG_GUARD, message_header, TIMEOUT, Server

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


PROTOCOLS = ["ack", "clock", "rle", "usleep"]
CROWD = 64
# "MT", version 1, ack, 4 bytes to come, its CRC-32C (see core/wire/frame.h).
GOOD_HEADER = message_header().hex()


def message_of(index):
    return f"message {index} " + "abcdefghij"[index % 10] * (20 + index)


def crowd(lab, case, server, options=()):
    """64 clients at once; each message must be printed exactly once, unmixed."""
    clients = [(message_of(i), lab.client(server.pid, message_of(i), "--protocol",
                                          PROTOCOLS[i % len(PROTOCOLS)], *options))
               for i in range(CROWD)]
    for message, process in clients:
        code, errors = lab.finish(process)
        count = server.printed().count(message.encode())
        if code == 0 and count == 1:
            case.count("delivered")
        elif code == 75 and count == 0 and errors.strip():
            case.count("refused")
        else:
            case.count("lost", f"exit {code}, printed {count} times: {errors.strip()}")
    known = {message.encode() for message, _ in clients}
    for line in server.printed():
        if line not in known:
            case.count("damaged", repr(line[:80]))


def crowd_at_once(lab):
    case = Case("64 clients at once, every protocol, mixed")
    for _ in range(1 if lab.short else 10):
        with Server(lab, "--idle-timeout", "30") as server:
            crowd(lab, case, server, ("--timeout", "60"))
            leftovers(case, server)
    return case


def crowd_waits(lab):
    case = Case("64 clients at once, --max-sessions 4: the others wait their turn")
    for _ in range(1 if lab.short else 5):
        with Server(lab, "--idle-timeout", "30", "--max-sessions", "4") as server:
            crowd(lab, case, server, ("--timeout", "60"))
            leftovers(case, server)
    return case


def crowd_turned_away(lab):
    case = Case("a full server: clients end with 75 at their timeout")
    with Server(lab, "--max-sessions", "1", "--idle-timeout", "60") as server:
        other = lab.client(server.pid, "x" * 4000, "--protocol", "usleep:2000")
        time.sleep(0.5)
        for i in range(4 if lab.short else 16):
            code, errors = lab.say(server.pid, message_of(i), "--timeout", "0.5")
            full = code == 75 and "--max-sessions" in errors
            case.count("refused" if full else "lost", f"exit {code} {errors}")
        other.kill()
        other.communicate()
        lab.serve_next(case, server)
    return case


def requests_coalesce(lab):
    case = Case("connect requests that coalesce: 8 clients ask a stopped server, then it goes on")
    for round_number in range(2 if lab.short else 20):
        with Server(lab, "--idle-timeout", "20") as server:
            server.process.send_signal(signal.SIGSTOP)
            clients = [(message_of(i), lab.client(server.pid, message_of(i), "--timeout", "20"))
                       for i in range(8)]
            time.sleep(0.1)
            server.process.send_signal(signal.SIGCONT)
            for message, process in clients:
                code, errors = lab.finish(process)
                exact = code == 0 and server.printed().count(message.encode()) == 1
                case.count("delivered" if exact else "lost", f"round {round_number}: {errors}")
            leftovers(case, server)
    return case


def client_is_gone(lab):
    case = Case("a connect request whose client is gone before it is answered")
    for _ in range(3 if lab.short else 30):
        with Server(lab) as server:
            server.process.send_signal(signal.SIGSTOP)
            client = lab.client(server.pid, "never said", "--timeout", "20")
            time.sleep(0.05)
            client.kill()
            client.communicate()
            server.process.send_signal(signal.SIGCONT)
            lab.serve_next(case, server)
            case.count("damaged" if b"never said" in server.printed() else "refused")
            leftovers(case, server)
    return case


def requests_again(lab):
    case = Case("a client that repeats its request after it was answered: one session, one verdict")
    for _ in range(2 if lab.short else 20):
        with Server(lab) as server:
            run = subprocess.run([lab.tools / "stranger", str(server.pid), GOOD_HEADER,
                                  "again"], capture_output=True, text=True, timeout=60, check=False)
            accepted = run.stdout.strip() == "a frame arrived damaged"  # for its body is missing
            case.count("refused" if accepted and not server.printed() else "lost", run.stdout)
            lab.serve_next(case, server)
            leftovers(case, server)
    return case


def children_of(pid):
    return subprocess.run(["ps", "-o", "pid=,stat=", "--ppid", str(pid)], capture_output=True,
                          text=True, check=False).stdout.split("\n")[:-1]


def leftovers(case, server):
    """No session outlives its client, no zombie stays."""
    for _ in range(300):
        if not children_of(server.pid):
            return
        time.sleep(0.02)
    case.count("leaked", f"still there: {children_of(server.pid)}")


def stopped_at_random(lab):
    case = Case("client, session or acceptor stopped and continued at random moments")
    for round_number in range(6 if lab.short else 60):
        with Server(lab, "--idle-timeout", "20") as server:
            message = "stop and go " * 40
            client = lab.client(server.pid, message, "--timeout", "20", "--wait", "sleep")
            while client.poll() is None:
                sessions = [int(line.split()[0]) for line in children_of(server.pid)]
                pid = lab.random.choice([client.pid, server.pid, *sessions])
                stop_and_go(pid, lab.random.uniform(0.001, 0.05))
            code, errors = lab.finish(client)
            lab.judge(case, server, message, code, errors, note=f"round {round_number}")
            if case.counts["refused"]:
                case.counts["lost"] += case.counts.pop("refused")
                case.notes.append(f"being stopped made it fail: {errors.strip()}")
            leftovers(case, server)
    return case


def stop_and_go(pid, seconds):
    try:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return
    time.sleep(0.002)


def stopped_for_long(lab):
    case = Case("client stopped for longer than --idle-timeout: reported, its slot freed")
    for _ in range(2 if lab.short else 8):
        with Server(lab, "--idle-timeout", "0.5", "--max-sessions", "1") as server:
            client = lab.client(server.pid, "y" * 50_000)
            time.sleep(0.3)
            client.send_signal(signal.SIGSTOP)
            deadline = time.monotonic() + 20
            while "nothing arrived" not in server.diagnostics() and time.monotonic() < deadline:
                time.sleep(0.02)
            lab.serve_next(case, server)
            client.send_signal(signal.SIGCONT)
            code, errors = lab.finish(client)
            reported = code == 75 and "nothing arrived" in server.diagnostics()
            case.count("refused" if reported else "lost", f"exit {code} {errors}")
            leftovers(case, server)
    return case


def server_killed(lab):
    case = Case("server killed in the middle of a transfer: the client says so, no orphan stays")
    for _ in range(4 if lab.short else 30):
        with Server(lab) as server:
            message = "z" * 20_000
            client = lab.client(server.pid, message, *TIMEOUT)
            time.sleep(lab.random.uniform(0.05, 0.2))
            sessions = [int(line.split()[0]) for line in children_of(server.pid)]
            server.process.kill()
            server.process.wait()
            code, errors = lab.finish(client)
            case.count("refused" if code in (69, 75) and errors.strip() else
                       "delivered" if code == 0 and message.encode() in server.printed() else
                       "lost", f"exit {code} {errors}")
            time.sleep(0.3)
            for pid in sessions:
                if state_of(pid) not in ("", "Z"):  # a zombie waits for whoever reaps orphans
                    case.count("leaked", f"session {pid} outlived its server")
    return case


def state_of(pid):
    return subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True,
                          check=False).stdout.strip()


def many_messages(lab):
    rounds = 300 if lab.short else 10_000
    case = Case(f"{rounds:,} messages, one after the other: memory of the server constant")
    with Server(lab, cpu=0) as server:
        before = None
        for i in range(rounds):
            code, errors = lab.say(server.pid, f"message {i}", cpu=0)
            if code != 0:
                case.count("lost", f"exit {code} {errors}")
            if i == rounds // 10:
                before = resident_kb(server.pid)
        after = resident_kb(server.pid)
        printed = server.printed()
        exact = sum(line == f"message {i}".encode() for i, line in enumerate(printed))
        case.counts["delivered"] = exact
        if exact != rounds:
            case.count("lost", f"{rounds - exact} of {rounds} are missing or out of order")
        # AddressSanitizer keeps freed memory back for a while.
        if after > before + (65_536 if lab.sanitized else 256):
            case.count("leaked", f"{before} kB grew to {after} kB")
        case.notes.append(f"resident memory {before} kB after a tenth, {after} kB at the end")
        leftovers(case, server)
    return case


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
