"""Runs inside a pid namespace, as its process 1: tries arguments on a client that could make it
signal everybody, beside processes that can be hit without harm. A JSON object a case on stdout.

    python3 -m minitalk.grade.cage IMPLEMENTATION_AS_JSON"""
import json
import os
import pathlib
import signal
import subprocess
import sys

from minitalk.grade import children, manifest, watch
from minitalk.grade.pair import Pair

CLIENT_SECONDS = 4
STILL_SECONDS = 1.0
TEXT = b"hey"


def words_of(case, implementation, pid, bystander):
    """The client's command line in a case."""
    program = [os.fsencode(word) for word in implementation.program()]
    if case == "no argument":
        return program
    if case == "one argument":
        return [*program, b"%d" % pid]
    if case == "three arguments":
        return [*implementation.client_words(pid, TEXT), b"more"]
    values = {"pid 0": "0", "pid -1": "-1", "pid of letters": "abc", "empty pid": "",
              "pid too large": str(2**32 - 1), "dead pid": str(dead_pid()),
              "bystander": str(bystander)}
    return implementation.client_words(values[case], TEXT)


def dead_pid():
    gone = subprocess.Popen(["true"])
    gone.wait()
    return gone.pid


def await_end(client):
    """Until it ends, stands still or takes too long."""
    still = watch.of_processes([client.pid])
    for _ in range(int(CLIENT_SECONDS / 0.1)):
        if children.await_ends([client], 0.1) or still.still_seconds() > STILL_SECONDS:
            break


def ending_of(bystander):
    """What ended it, if it was not us. The first signal that is to kill a process is its end status
    even if ours comes before it has run again (complete_signal() in the kernel's signal.c): so
    nothing needs to be waited for."""
    gone = bystander.poll() is not None
    bystander.kill()
    status = bystander.wait()
    return status if gone or status != -signal.SIGKILL else None


def run(case, pair):
    """What a case does to the client, the server and two bystanders: one of the client's own
    process group, one of another session."""
    near = subprocess.Popen(["sleep", "60"], process_group=0)
    far = subprocess.Popen(["sleep", "60"], start_new_session=True)
    words = words_of(case, pair.implementation, pair.pid, far.pid)
    client = children.Child(words, pair.implementation.folder, start_new_session=False,
                            process_group=near.pid)
    await_end(client)
    hung = client.poll() is None
    result = {"case": case, "status": None if hung else client.status,
              "said": bool(client.output.strip()), "near": ending_of(near), "far": ending_of(far)}
    client.end()
    children.await_ends([pair.server], 0.05)
    result["server"] = pair.server.status
    return result


def main(words):
    document, *cases = words
    implementation = manifest.from_document(json.loads(document), pathlib.Path("/"))
    children.adopt_orphans()
    pair = Pair(implementation)
    pair.start(limit=1)
    try:
        for case in cases:
            if not pair.alive():
                pair.start(limit=1)
            print(json.dumps(run(case, pair)), flush=True)
    finally:
        pair.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
