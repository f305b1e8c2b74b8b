"""Checks that look at the two programs from outside: strace (which signals went where, and whether
anything but signals could have carried a byte), valgrind, memory over messages."""
import dataclasses
import pathlib
import re
import shutil
import signal
import tempfile
from typing import Iterator, Sequence

from minitalk.grade import causes
from minitalk.grade.under_test import Decided, Finding, INFO, KO, OK, skip, UnderTest, WARN
from minitalk.pairs.pair import RunningPair

TRACED = b"traced: 20 letters"
SLOWNESS = {"strace": 3, "valgrind": 6}
LEAK_MESSAGES = (b"leak?", b"again")
SPAM_MESSAGES = 1000
FEWEST_MESSAGES = 50  # fewer say nothing about growth
GROWTH_BYTES = 100 * 1024  # of noise: pages of stdio, of the loader, of the heap's beginning
GROWTH_PER_MESSAGE = 64
CALLS = ("kill,tkill,tgkill,rt_sigqueueinfo,rt_tgsigqueueinfo,pidfd_send_signal,open,openat,creat,"
         "connect,bind,shmget,msgget,semget,mq_open,ptrace,process_vm_readv,process_vm_writev,"
         "pidfd_getfd,pidfd_open,execve")
USERS = ("SIGUSR1", "SIGUSR2")
ERROR = (r"Invalid (?:read|write|free)|uninitialised value|points to "  # of valgrind
         r"(?:uninitialised|unaddressable)|contains uninitialised")
# Of one end alone: it reaches into another process.
INTRUDERS = {"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd"}
SHARED = {"shmget": "shared memory", "msgget": "a message queue", "semget": "a semaphore"}
# Terminals, and what the C library asks for names of users and hosts.
HARMLESS = re.compile(r"/dev/(tty|pts/|null|zero|u?random)|/proc/self/|.*/nscd/socket")
LINE = re.compile(r"(?:(?P<pid>\d+)\s+)?(?P<call>\w+)\((?P<rest>.*)\)\s*=\s*(?P<result>-?\d+|\?)")
QUEUEING = {"rt_sigqueueinfo", "rt_tgsigqueueinfo"}
SENDERS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
UNFINISHED = re.compile(r"(?P<pid>\d+)\s+(?P<head>\w+\(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"(?P<pid>\d+)\s+<\.\.\. \w+ resumed>(?P<tail>.*)$")


@dataclasses.dataclass
class TracedEnd:
    """What one end did. `channels`: (kind, name) -> whether it could write there."""
    pids: set[int] = dataclasses.field(default_factory=set)
    # (target pid or None, name, call)
    signals: list[tuple[int | None, str, str]] = dataclasses.field(default_factory=list)
    failed: list[tuple[int | None, str, str]] = dataclasses.field(default_factory=list)
    channels: dict[tuple[str, str], bool] = dataclasses.field(default_factory=dict)
    intrusions: set[str] = dataclasses.field(default_factory=set)
    pidfds: dict[str, int] = dataclasses.field(default_factory=dict)  # descriptor -> pid


def observe(tested: UnderTest, tool: list[str], messages: Sequence[bytes]) -> dict[str, str]:
    """Runs both ends under a tool; its logs, by their names. `tool`: its command, in which {log}
    stands for the beginning of a log's name, which is that of the end."""
    name = tool[0]
    if shutil.which(name) is None:
        raise skip(f"{name} is not installed: apt-get install {name}")
    with tempfile.TemporaryDirectory(prefix="minitalk-grade-") as folder:
        server, client = ([word.replace("{log}", f"{folder}/{end}") for word in tool]
                          for end in ("server", "client"))
        with RunningPair(tested.implementation, server_prefix=server, client_prefix=client,
                         slowness=SLOWNESS[name]) as pair:
            pair.start(timeout=5 if tested.prints_pid else 1)
            for message in messages:
                if not pair.alive():
                    raise skip(f"the server does not run under {name}")
                pair.send(message, min(tested.timeout(len(message)),
                                       tested.clock.left() / SLOWNESS[name]))
            # As a user ends it, Ctrl-C first: a handler of theirs may free what there is to free.
            # The signals go to the program, not to its tracer, which ends with it.
            for number in (signal.SIGINT, signal.SIGTERM):
                if pair.alive():
                    pair.signal(number)
                    pair.alive(3)
        return {path.name: path.read_text(errors="replace")
                for path in sorted(pathlib.Path(folder).iterdir())}


def traced_ends(tested: UnderTest) -> tuple[TracedEnd, TracedEnd]:
    """Server and client, once for all checks."""
    def run_strace() -> tuple[TracedEnd, TracedEnd]:
        logs = observe(tested, ["strace", "-f", "-qq", "-e", "signal=none", "-e",
                                f"trace={CALLS}", "-o", "{log}"], [TRACED])
        if not logs.get("server") or not logs.get("client"):
            raise skip("strace may not trace here (ptrace is forbidden)")
        server, client = parse_strace(logs["server"]), parse_strace(logs["client"])
        if not sent_to(client, server):
            raise skip("under strace the client sends nothing to the server")
        return server, client
    server, client = tested.once("trace", run_strace)
    return server, client


def signals_only(tested: UnderTest) -> Finding:
    """One message under strace: SIGUSR1, SIGUSR2, and no other way for a byte to pass."""
    server, client = traced_ends(tested)
    found = violations(server, client)
    if found:
        return Finding(KO, "; ".join(found[:3]))
    there, back = len(sent_to(client, server)), len(sent_to(server, client))
    reason = f"{there} signals to the server and {back} back for {len(TRACED)} characters"
    if {call for _, _, call in server.signals + client.signals} & QUEUEING:
        return Finding(WARN, f"{reason}; sent by sigqueue, which carries data of its own")
    return Finding(OK, reason)


def targets(tested: UnderTest) -> Finding:
    """Whom the signals of both go to, those too that reach nobody."""
    server, client = traced_ends(tested)
    texts = [text for name, end, peer in (("server", server, client), ("client", client, server))
             for text in astray(name, end, peer)]
    return Finding(KO, "; ".join(texts)) if texts else Finding(OK, "to each other alone")


def astray(name: str, end: TracedEnd, peer: TracedEnd) -> list[str]:
    """In words, the signals that go to neither end, or to a whole group."""
    found: dict[str, None] = {}
    for target, number, _ in end.signals + end.failed:
        if target is not None and target not in peer.pids | end.pids:
            whom = {0: "its own process group", -1: "every process"}.get(
                target, f"process group {-target}" if target < 0 else f"pid {target}")
            found[f"the {name} sends {number} to {whom}"] = None
    return [*found][:3]


def acknowledged(tested: UnderTest) -> Finding:
    """Whether the server answers its client: the exercise's bonus."""
    try:
        back = sent_to(*traced_ends(tested))
    except Decided:
        if tested.waits_for_signals:
            return Finding(OK, "the client has handlers for signals; how many come is not known")
        return Finding(INFO, "not seen (strace would show it)")
    tested.answers = each = len(back) / len(TRACED)
    if not back:
        return Finding(INFO, "no: the client gets no signal from the server")
    kinds = " and ".join(sorted(set(back))).replace("SIG", "")
    return Finding(OK, f"yes, by {kinds}: {each:.3g} a character" if each >= 0.5 else
                   f"yes, by {kinds}: {len(back)} a message", figures={"signals": len(back)})


def leaks(tested: UnderTest) -> Finding:
    """Two short messages under valgrind: what both ends have lost when they end."""
    logs = observe(tested, ["valgrind", "--leak-check=full", "--fullpath-after=",
                            "--log-file={log}.%p"], LEAK_MESSAGES)
    complete = {name.split(".")[0] for name, text in logs.items() if "HEAP SUMMARY" in text}
    if complete != {"server", "client"}:
        raise skip("under valgrind one of the two did not end by itself")
    return judge_valgrind(logs)


def judge_valgrind(logs: dict[str, str]) -> Finding:
    """`logs`: by the name of the end and the pid. What valgrind says is quoted."""
    words, cause = [], ""
    for end in ("server", "client"):
        texts = [text for name, text in logs.items() if name.startswith(end)]
        lost = max(texts, key=lost_bytes)
        if lost_bytes(lost):
            words.append(f"the {end} loses {lost_bytes(lost):,} bytes"
                         + place(lost, r"definitely lost in loss record"))
            cause = causes.NOT_FREED
        errors = max(texts, key=lambda text: len(re.findall(ERROR, text)))
        if found := re.search(rf"==\d+== (.*(?:{ERROR}).*)", errors):
            count = len(re.findall(ERROR, errors))
            words.append(f"the {end}: {found[1].strip()}{place(errors, ERROR)}"
                         + (f", {count} errors in all" if count > 1 else ""))
    return Finding(KO, "; ".join(words), cause) if words else \
        Finding(OK, "nothing lost, no invalid access")


def place(log: str, what: str) -> str:
    """Where in their source, with the function, valgrind saw it first: " in main (server.c:12)"."""
    found = re.search(rf"(?:{what})[^\n]*\n(.*?)(?:^==\d+== *$|\Z)", log, re.DOTALL | re.MULTILINE)
    frames = re.findall(r"(?:at|by) 0x[0-9A-F]+: (\S+) \(([^)]*):(\d+)\)",
                        found[1] if found else "")
    # The C library's own sources are seldom here.
    frames.sort(key=lambda frame: not pathlib.Path(frame[1]).is_absolute()
                or not pathlib.Path(frame[1]).exists())
    return " in {} ({}:{})".format(frames[0][0], pathlib.Path(frames[0][1]).name, frames[0][2]) \
        if frames else ""


def lost_bytes(log: str) -> int:
    """Definitely and indirectly lost, as valgrind has it."""
    found = re.findall(r"(?:definitely|indirectly) lost: ([\d,]+) bytes", log)
    return sum(int(number.replace(",", "")) for number in found)


def spam(tested: UnderTest) -> Finding:
    """Many short messages; the server's memory beside them."""
    pair = tested.pair()
    sizes = tested.memory["sizes"] = []
    total = 0.0
    for number in tested.rounds(SPAM_MESSAGES):
        total += tested.deliver(b"message %07d" % number, where=f"message {number + 1:,} of "
                                f"{SPAM_MESSAGES:,}: ").delivery_seconds
        if number % FEWEST_MESSAGES == 0:
            sizes.append((number + 1, pair.measure()["resident_bytes"]))
    return Finding(OK, f"{SPAM_MESSAGES:,} exact, {SPAM_MESSAGES / total:.0f} a second",
                   figures={"messages": SPAM_MESSAGES,
                            "bytes_per_second": 15 * SPAM_MESSAGES / total})


def memory(tested: UnderTest) -> Finding:
    """The server's resident memory from a tenth of those messages on."""
    if len(tested.memory.get("sizes", ())) < 3:
        raise skip("the many messages were not sent, or did not all arrive (the check spam sends "
                   "them)")
    return judge_memory(tested.memory["sizes"])


def judge_memory(sizes: list[tuple[int, float]]) -> Finding:
    """`sizes`: (messages so far, resident bytes), in order. The beginning is not counted."""
    (first, begin), (_, half), (last, end) = sizes[1], sizes[len(sizes) // 2], sizes[-1]
    growth, each = end - begin, (end - begin) / max(1, last - first)
    reason = f"{growth / 1024:+,.0f} KiB over {last - first:,} messages"
    if growth > GROWTH_BYTES and each > GROWTH_PER_MESSAGE and end > half > begin:
        return Finding(KO, f"{reason}: {each:,.0f} bytes each", causes.NOT_FREED)
    return Finding(OK, reason, figures={"bytes_a_message": each})


def whole_lines(text: str) -> Iterator[str]:
    """strace's lines, those joined that it had to interrupt for another process."""
    begun = {}
    for line in text.splitlines():
        head, tail = UNFINISHED.match(line), RESUMED.match(line)
        if head:
            begun[head["pid"]] = f"{head['pid']} {head['head']}"
        elif tail:
            yield begun.pop(tail["pid"], "") + tail["tail"]
        else:
            yield line


def parse_strace(text: str) -> TracedEnd:
    """The TracedEnd that a log of `strace -f -o` describes."""
    end = TracedEnd()
    for line in whole_lines(text):
        match = LINE.match(line)
        if match is None:
            continue
        if match["pid"]:
            end.pids.add(int(match["pid"]))
        if not match["result"].startswith("-"):
            note(end, match["call"], match["rest"], match["result"])
        elif match["call"] in SENDERS:
            note_signal(end.failed, end, match["call"], match["rest"])
    return end


def note_signal(signals: list[tuple[int | None, str, str]], end: TracedEnd, call: str,
                rest: str) -> None:
    words = rest.split(",")
    names = re.findall(r"SIG[A-Z0-9+]+", rest)
    target = int(words[0]) if call in SENDERS else end.pidfds.get(words[0].strip())
    if names:  # signal 0 has no name: a question, not a signal
        signals.append((target, names[0], call))


def note(end: TracedEnd, call: str, rest: str, result: str) -> None:
    words = [word.strip() for word in rest.split(",")]
    if call == "pidfd_open":
        end.pidfds[result] = int(words[0])
    elif call in SENDERS or call == "pidfd_send_signal":
        note_signal(end.signals, end, call, rest)
    elif call in INTRUDERS:
        end.intrusions.add(call)
    elif call in SHARED and words[0] != "IPC_PRIVATE":
        end.channels[(SHARED[call], words[0])] = True
    else:
        note_opened(end, call, rest)


def note_opened(end: TracedEnd, call: str, rest: str) -> None:
    name = re.search(r'"((?:[^"\\]|\\.)*)"', rest)
    if name is None or HARMLESS.match(name[1]) or call == "execve":
        return
    if call in ("connect", "bind"):
        end.channels[("the socket", name[1])] = True
    elif call == "mq_open":
        end.channels[("the queue", name[1])] = True
    else:
        writes = call == "creat" or bool(re.search(r"O_WRONLY|O_RDWR", rest))
        key = ("the file", name[1])
        end.channels[key] = end.channels.get(key, False) or writes


def sent_to(end: TracedEnd, peer: TracedEnd) -> list[str]:
    """Names of the signals that went from one end to the other."""
    return [name for target, name, _ in end.signals if target and abs(target) in peer.pids]


def violations(server: TracedEnd, client: TracedEnd) -> list[str]:
    """What but SIGUSR1 and SIGUSR2 passed, or could have passed, between them, in words."""
    texts = []
    for name, end, peer in (("server", server, client), ("client", client, server)):
        others = sorted(set(sent_to(end, peer)) - set(USERS))
        texts += [f"the {name} sends {other}" for other in others]
        texts += [f"the {name} calls {call}" for call in sorted(end.intrusions)]
    for key in sorted(set(server.channels) & set(client.channels)):
        if server.channels[key] or client.channels[key]:
            texts.append(f"both open {key[0]} {key[1]}")
    return texts
