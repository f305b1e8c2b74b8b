"""Storms: a third process sends both signals as fast as it can, by kill, tgkill and sigqueue."""
import pathlib
import subprocess
import time

from clients import children_of, leftovers
from lab import Case, Server


def storm_at(lab, pid, seconds):
    return subprocess.Popen([lab.tools / "storm", str(pid), str(seconds)])


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
