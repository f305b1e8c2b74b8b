"""What strace saw of the two ends: which signals went where, and whether anything but signals
could have carried a byte from one to the other. Pure functions on strace's lines."""
import dataclasses
import re
from typing import Iterator

CALLS = ("kill,tkill,tgkill,rt_sigqueueinfo,rt_tgsigqueueinfo,pidfd_send_signal,open,openat,creat,"
         "connect,bind,shmget,msgget,semget,mq_open,ptrace,process_vm_readv,process_vm_writev,"
         "pidfd_getfd,pidfd_open,execve")
USERS = ("SIGUSR1", "SIGUSR2")
# Of one end alone: it reaches into another process.
INTRUDERS = {"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd"}
SHARED = {"shmget": "shared memory", "msgget": "a message queue", "semget": "a semaphore"}
# Terminals, and what the C library asks for names of users and hosts.
HARMLESS = re.compile(r"/dev/(tty|pts/|null|zero|u?random)|/proc/self/|.*/nscd/socket")
LINE = re.compile(r"(?:(?P<pid>\d+)\s+)?(?P<call>\w+)\((?P<rest>.*)\)\s*=\s*(?P<result>-?\d+|\?)")
SENDERS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
UNFINISHED = re.compile(r"(?P<pid>\d+)\s+(?P<head>\w+\(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"(?P<pid>\d+)\s+<\.\.\. \w+ resumed>(?P<tail>.*)$")


@dataclasses.dataclass
class End:
    """What one end did. `channels`: (kind, name) -> whether it could write there."""
    pids: set[int] = dataclasses.field(default_factory=set)
    # (target pid or None, name, call)
    signals: list[tuple[int | None, str, str]] = dataclasses.field(default_factory=list)
    channels: dict[tuple[str, str], bool] = dataclasses.field(default_factory=dict)
    intrusions: set[str] = dataclasses.field(default_factory=set)
    pidfds: dict[str, int] = dataclasses.field(default_factory=dict)  # descriptor -> pid


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


def parse(text: str) -> End:
    """The End that a log of `strace -f -o` describes."""
    end = End()
    for line in whole_lines(text):
        match = LINE.match(line)
        if match is None:
            continue
        if match["pid"]:
            end.pids.add(int(match["pid"]))
        if not match["result"].startswith("-"):
            note(end, match["call"], match["rest"], match["result"])
    return end


def note(end: End, call: str, rest: str, result: str) -> None:
    words = [word.strip() for word in rest.split(",")]
    if call == "pidfd_open":
        end.pidfds[result] = int(words[0])
    elif call in SENDERS or call == "pidfd_send_signal":
        names = re.findall(r"SIG[A-Z0-9+]+", rest)
        target = int(words[0]) if call in SENDERS else end.pidfds.get(words[0])
        if names:  # signal 0 has no name: a question, not a signal
            end.signals.append((target, names[0], call))
    elif call in INTRUDERS:
        end.intrusions.add(call)
    elif call in SHARED and words[0] != "IPC_PRIVATE":
        end.channels[(SHARED[call], words[0])] = True
    else:
        note_opened(end, call, rest)


def note_opened(end: End, call: str, rest: str) -> None:
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


def sent_to(end: End, peer: End) -> list[str]:
    """Names of the signals that went from one end to the other."""
    return [name for target, name, _ in end.signals if target and abs(target) in peer.pids]


def violations(server: End, client: End) -> list[str]:
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
