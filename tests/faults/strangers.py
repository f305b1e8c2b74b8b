"""Third processes. Storms: one sends both signals as fast as it can, by kill, tgkill and sigqueue.
And the other way round: whatever the pid, no signal goes to a process that did not ask for it."""
import os
import pathlib
import signal
import subprocess
import sys
import time

from clients import children_of, leftovers
from lab import Case, Server


def storm_at(lab, pid, seconds):
    return subprocess.Popen([lab.tools / "stranger", str(pid), "storm", str(seconds)])


def storm_case(lab, name, find_target):
    """The storm begins while a message is under way; afterwards the next client is served."""
    case = Case(name)
    for round_number in range(2 if lab.short else 12):
        with Server(lab, "--idle-timeout", "5") as server:
            message = "in the storm " * 150
            client = lab.client(server.pid, message, "--timeout", "5")
            target = None
            while target is None and client.poll() is None:
                target = find_target(server, client)
            storm = storm_at(lab, target, 1.0) if target else None
            code, errors = lab.finish(client)
            lab.judge(case, server, message, code, errors, note=f"round {round_number}")
            if storm:
                storm.wait()
            lab.serve_next(case, server)
            leftovers(case, server)
    return case


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def storm_on_server(lab):
    return storm_case(lab, "a storm of foreign signals on the acceptor, a transfer running",
                      lambda server, _: server.pid)


def storm_on_client(lab):
    def ready_client(_, client):
        # Before it has its handlers any signal kills it, as it does every process.
        return client.pid if name_of(client.pid) == "minitalk-client" else None

    return storm_case(lab, "a storm of foreign signals on the client", ready_client)


def storm_on_session(lab):
    def session(server, _):
        children = children_of(server.pid)
        return int(children[0].split()[0]) if children else None

    return storm_case(lab, "a storm of foreign signals on the session", session)


def connect_in_storm(lab):
    case = Case("clients that connect while a storm is on the acceptor")
    with Server(lab, "--idle-timeout", "5") as server:
        storm = storm_at(lab, server.pid, 3.0 if lab.short else 10.0)
        index = 0
        while storm.poll() is None:
            message = f"request {index}"
            index += 1
            code, errors = lab.say(server.pid, message, "--timeout", "20")
            count = server.printed().count(message.encode())
            good = (code == 0 and count == 1) or (code == 75 and count == 0)
            outcome = "delivered" if code == 0 else "refused"
            case.count(outcome if good else "lost", f"exit {code}, printed {count}: {errors}")
        time.sleep(0.1)
        lab.serve_next(case, server)
        leftovers(case, server)
    return case


NAP = [sys.executable, "-c"]
BOTH_CAUGHT = ("import signal, time\n"
               "def caught(number, frame): print('caught', flush=True)\n"
               "signal.signal(signal.SIGUSR1, caught)\nsignal.signal(signal.SIGUSR2, caught)\n"
               "print('ready', flush=True)\ntime.sleep(60)")
ONE_CAUGHT = BOTH_CAUGHT.replace("signal.signal(signal.SIGUSR2, caught)\n", "")
IGNORED = ("import signal, time\n"
           "signal.signal(signal.SIGUSR1, signal.SIG_IGN)\n"
           "signal.signal(signal.SIGUSR2, signal.SIG_IGN)\n"
           "print('ready', flush=True)\ntime.sleep(60)")


def bad_pids(lab):
    case = Case("bad pids: text, 0, 1, negative, overflow, empty, own")
    words = ["0", "-1", "1", "abc", "12x", "4294967297", "", " 5", "+5", "0x10", "1e3",
             "-9223372036854775808", "18446744073709551616", "٣"]
    for word in words:
        code, errors = lab.finish(subprocess.Popen(
            [lab.bin / "client", "--", word, "hello"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE))
        good = code == 64 and errors.count("\n") == 1
        case.count("refused" if good else "lost", f"{word!r}: exit {code} {errors}")
    own = subprocess.run(["sh", "-c", f'exec "{lab.bin}/client" $$ hello'], capture_output=True,
                         text=True, check=False)
    case.count("refused" if own.returncode == 64 else "lost", f"own pid: {own}")
    return case


def innocent(lab):
    case = Case("innocent processes: uncaught, half caught, ignored, caught, a client, a zombie")
    for code in (None, ONE_CAUGHT, IGNORED, BOTH_CAUGHT):
        command = ["sleep", "60"] if code is None else NAP + [code]
        target = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if code is not None:
            target.stdout.readline()
        aim(lab, case, target, command[-1][:40])
        target.kill()
        said = target.communicate()[0]
        if "caught" in said:
            case.count("killed", "a process that catches both, but is no server, was signalled")
    zombie = subprocess.Popen(["true"])
    time.sleep(0.2)
    code, errors = lab.say(zombie.pid, "hello")
    case.count("refused" if code == 69 else "lost", f"zombie: exit {code} {errors}")
    zombie.wait()
    code, errors = lab.say(zombie.pid, "hello")
    case.count("refused" if code == 69 else "lost", f"gone: exit {code} {errors}")
    return case


def aim(lab, case, target, note):
    code, errors = lab.say(target.pid, "hello", "--timeout", "1")
    time.sleep(0.05)
    if target.poll() is not None:
        case.count("killed", f"{note}: {target.returncode}")
    else:
        case.count("refused" if code == 69 and "nothing was sent" in errors else "lost",
                   f"{note}: exit {code} {errors}")


def requests_of_strangers(lab):
    case = Case("strangers that send a connect request: not answered, not killed")
    with Server(lab) as server:
        for number in (signal.SIGUSR1, signal.SIGUSR2) * (1 if lab.short else 5):
            stranger = subprocess.Popen(
                ["sh", "-c", f"kill -{int(number)} {server.pid}; exec sleep 60"])
            time.sleep(0.2)
            alive = stranger.poll() is None
            case.count("refused" if alive else "killed", f"signal {int(number)}")
            stranger.kill()
            stranger.wait()
        lab.serve_next(case, server)
    return case


def other_users(lab):
    case = Case("another user's server: not permitted (77)")
    if os.geteuid() != 0:
        case.notes.append("skipped: only root can become another user")
        return case
    with Server(lab) as server:
        for _ in range(1 if lab.short else 4):
            process = subprocess.Popen(
                [lab.bin / "client", str(server.pid), "hello"], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, user=65534, group=65534, extra_groups=[])
            code, errors = lab.finish(process)
            case.count("refused" if code == 77 else "lost", f"exit {code} {errors}")
        lab.serve_next(case, server)
    return case


def reused_pid(lab):
    case = Case("the pid of a dead server, reused by an innocent process")
    control = "/proc/sys/kernel/ns_last_pid"
    if not os.access(control, os.W_OK):
        case.notes.append(f"skipped: {control} cannot be written here")
        return case
    for _ in range(2 if lab.short else 20):
        with Server(lab) as server:
            pid = server.pid
        target = take_pid(control, pid)
        if target is None:
            case.notes.append("somebody else got the pid first")
            continue
        aim(lab, case, target, "reused")
        target.kill()
        target.wait()
    return case


def take_pid(control, pid):
    for _ in range(50):
        with open(control, "w") as last:
            last.write(str(pid - 1))
        process = subprocess.Popen(["sleep", "60"])
        if process.pid == pid:
            return process
        process.kill()
        process.wait()
    return None
