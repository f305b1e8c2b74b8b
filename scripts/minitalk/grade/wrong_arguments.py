"""Checks of a client that is called as it should not be. A pid of 0, -1 or a typing error can make
it signal every process there is, so these are tried in a pid namespace, or not at all."""
import json
import os
import pathlib
import shutil
import sys

from minitalk import processes
from minitalk.exit_status import Failed

from minitalk.grade import causes, children
from minitalk.grade.verdict import INFO, KO, OK, SKIP, WARN, Verdict

SCRIPTS = pathlib.Path(__file__).resolve().parents[2]
CAGE_SECONDS = 60
HARMLESS = ("no argument", "one argument", "three arguments")
PIDS = ("pid 0", "pid -1", "pid of letters", "empty pid", "pid too large", "dead pid", "bystander")


def cage_command():
    """Words that run what follows in a pid namespace; with root of its own if we have none."""
    own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *own, "--fork", "--pid", "--mount-proc", "--kill-child=SIGKILL"]


def results(subject):
    """The cage's result by case, once for all checks; text: why there are none."""
    if "cage" not in subject.memory:
        subject.memory["cage"] = run_cage(subject.implementation)
    return subject.memory["cage"]


def run_cage(implementation):
    if shutil.which("unshare") is None:
        return "unshare is not installed: apt-get install util-linux"
    path = os.pathsep.join(filter(None, [str(SCRIPTS), os.environ.get("PYTHONPATH")]))
    command = [*cage_command(), sys.executable, "-m", "minitalk.grade.cage",
               json.dumps(implementation.as_document()), *HARMLESS, *PIDS]
    try:
        _, stdout, stderr = processes.run(command, {"PYTHONPATH": path}, timeout=CAGE_SECONDS)
    except Failed as error:
        return str(error)
    found = {}
    for line in stdout.splitlines():
        result = json.loads(line)
        found[result["case"]] = result
    if found:
        return found
    why = stderr.strip().splitlines()[-1:] or ["it says nothing"]
    return f"no pid namespace is to be had here ({why[0]}), and outside of one it is too dangerous"


def check(case):
    """The check of one case."""
    def run(subject):
        found = results(subject)
        if isinstance(found, str):
            return outside(subject, case) if case in HARMLESS else Verdict(SKIP, found)
        if case not in found:
            return Verdict(SKIP, "the run in the pid namespace ended before it")
        return judge(found[case])
    return run


def outside(subject, case):
    """The cases without a pid of their own to be wrong: the server's, or none."""
    from minitalk.grade import cage
    pair = subject.pair()
    words = cage.words_of(case, subject.implementation, pair.pid, None)
    client = children.Child(words, subject.implementation.folder)
    cage.await_end(client)
    status = client.poll()
    client.end()
    children.await_ends([pair.server], 0.05)
    return judge({"case": case, "status": status, "said": bool(client.output.strip()),
                  "near": None, "far": None, "server": pair.server.status})


def judge(result):
    """What a case's result means."""
    case, status = result["case"], result["status"]
    died = children.signal_name(status)
    hit = [f"{who} with {children.signal_name(result[key])}" for who, key in
           (("a process of its own group", "near"), ("a process of another session", "far"))
           if result[key] is not None]
    if case == "bystander":
        return judge_bystander(result, hit, died)
    if hit:
        return Verdict(KO, f"it kills {' and '.join(hit)}", causes.UNCHECKED_PID)
    if result["server"] is not None:
        died = children.signal_name(result["server"])
        return Verdict(KO, f"the server ended ({died or result['server']})", causes.OVERRUN)
    if died:
        return Verdict(KO, f"the client died of {died}",
                       causes.BAD_POINTER if case in HARMLESS else causes.UNCHECKED_PID)
    if status is None:
        return Verdict(KO, "the client never ends", causes.UNCHECKED_PID)
    if status == 0 and not result["said"]:
        return Verdict(WARN, "no crash, but neither a word nor an exit status that says so")
    return Verdict(OK, f"exit status {status}")


def judge_bystander(result, hit, died):
    """No fault of theirs: a pid tells nothing about who has it."""
    if hit:
        return Verdict(INFO, f"it kills {' and '.join(hit)}: the exercise asks for no better, "
                       "/proc/PID/status would tell who catches SIGUSR1")
    if died:
        return Verdict(KO, f"the client died of {died}", causes.OVERRUN)
    return Verdict(OK, "a process that catches no signal is left alone" if result["status"] != 0
                   else "it survived")
