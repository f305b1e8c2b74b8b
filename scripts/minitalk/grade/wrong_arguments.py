"""Checks of a client that is called as it should not be. A pid of 0, -1 or a typing error can make
it signal every process there is, so these are tried in a pid namespace, or not at all."""
from typing import Any

from minitalk.exit_status import Failed
from minitalk.grade import causes
from minitalk.grade.under_test import (Decided, Finding, INFO, Judge, KO, OK, skip, UnderTest,
                                       WARN)
from minitalk.pairs.engine import signal_name
from minitalk.pairs.pair import Implementation, RunningPair

TEXT = "hey"
HARMLESS = ("no-argument", "one-argument", "three-arguments")
PIDS = {"pid-0": "0", "pid-minus-1": "-1", "pid-letters": "abc", "pid-empty": "",
        "pid-too-large": str(2**32 - 1), "pid-dead": "{nobody}", "bystander": "{bystander}"}


def run_sandboxed(implementation: Implementation) -> dict[str, dict[str, Any]]:
    """The result by case; skips the checks where there is none."""
    found: dict[str, dict[str, Any]] = {}
    try:
        with RunningPair(implementation, sandboxed=True) as pair:
            pair.start(timeout=1)
            for case in [*HARMLESS, *PIDS]:
                if not pair.alive():
                    pair.start(timeout=1)
                found[case] = call(pair, implementation, case)
    except Failed as error:
        if not found:
            raise skip(f"no pid namespace is to be had here ({error}), and outside of one it is "
                       "too dangerous") from error
    return found


def call(pair: RunningPair, implementation: Implementation, case: str) -> dict[str, Any]:
    """What the client does in a case. The engine knows who {pid}, {nobody} and {bystander} are."""
    words = {"no-argument": implementation.program(),
             "one-argument": [*implementation.program(), "{pid}"]}.get(case)
    if words is None:
        words = [word.replace("{pid}", PIDS.get(case, "{pid}")).replace("{text}", TEXT)
                 for word in implementation.client] + ["more"] * (case == "three-arguments")
    return {"case": case, **pair.call_wrongly(words)}


def check(case: str) -> Judge:
    """The check of one case."""
    def run(tested: UnderTest) -> Finding:
        try:
            found = tested.once("sandbox", lambda: run_sandboxed(tested.implementation))
        except Decided:
            if case not in HARMLESS:
                raise
            return judge(call(tested.pair(), tested.implementation, case))
        if case not in found:
            raise skip("the run in the pid namespace ended before it")
        return judge(found[case])
    return run


def judge(result: dict[str, Any]) -> Finding:
    """What a case's result means."""
    case, status = result["case"], result["status"]
    died = signal_name(status)
    hit = [f"{who} with {signal_name(result[key])}" for who, key in
           (("a process of its own group", "near"), ("a process of another session", "far"))
           if result[key] is not None]
    if case == "bystander":
        return judge_bystander(result, hit, died)
    if hit:
        return Finding(KO, f"it kills {' and '.join(hit)}", causes.UNCHECKED_PID)
    if result["server"] is not None:
        died = signal_name(result["server"])
        return Finding(KO, f"the server ended ({died or result['server']})", causes.OVERRUN)
    if died:
        return Finding(KO, f"the client died of {died}",
                       causes.BAD_POINTER if case in HARMLESS else causes.UNCHECKED_PID)
    if status is None:
        return Finding(KO, "the client never ends", causes.UNCHECKED_PID)
    if status == 0 and not result["said"]:
        return Finding(WARN, "no crash, but neither a word nor an exit status that says so")
    return Finding(OK, f"exit status {status}")


def judge_bystander(result: dict[str, Any], hit: list[str], died: str | None) -> Finding:
    """No fault of theirs: a pid tells nothing about who has it."""
    if hit:
        return Finding(INFO, f"it kills {' and '.join(hit)}: the exercise asks for no better, "
                       "/proc/PID/status would tell who catches SIGUSR1")
    if died:
        return Finding(KO, f"the client died of {died}", causes.OVERRUN)
    return Finding(OK, "a process that catches no signal is left alone" if result["status"] != 0
                   else "it survived")
