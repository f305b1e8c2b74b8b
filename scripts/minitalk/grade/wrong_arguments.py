"""Checks of a client that is called as it should not be. A pid of 0, -1 or a typing error can make
it signal every process there is, so these are tried in a pid namespace, or not at all."""
import concurrent.futures
from typing import Any

from minitalk.exit_status import Failed
from minitalk.grade import causes, crowd
from minitalk.grade.under_test import (Decided, Finding, INFO, Judge, KO, OK, skip, UnderTest,
                                       WARN)
from minitalk.pairs.engine import signal_name
from minitalk.pairs.pair import Implementation, RunningPair

TEXT = "hey"
END_SECONDS = 16  # some try for 15 s before they give up
QUICK_SECONDS = 1
ABOVE = 600, 33_000  # pids: some refuse those up to 500, and systems had none above 32,768
HARMLESS = ("no-argument", "one-argument", "three-arguments")
PIDS = {"pid-0": "0", "pid-minus-1": "-1", "pid-letters": "abc", "pid-empty": "",
        "pid-too-large": str(2**32 - 1), "pid-dead": "{nobody}", "bystander": "{bystander}",
        "pid-junk": "{bystander}x", "pid-blank": " {bystander} ", "pid-plus": "+{bystander}"}
LENIENT = {"pid-junk": KO, "pid-blank": WARN, "pid-plus": WARN}  # if it is taken for a pid


def run_cases(tested: UnderTest) -> dict[str, dict[str, Any]]:
    """The result by case; skips the checks where there is no sandbox. All at once, each in a
    sandbox of its own, and with them the client of a dead server: some wait for long before they
    end."""
    jobs = [(case, above) for case in (*HARMLESS, *PIDS) for above in
            (ABOVE if "{" in PIDS.get(case, "") else ABOVE[:1])]
    with concurrent.futures.ThreadPoolExecutor(len(jobs) + 1) as pool:
        pool.submit(tested.once, "orphan", lambda: crowd.orphan(tested))
        try:
            results = list(pool.map(lambda job: run_case(tested.implementation, *job), jobs))
        except Failed as error:
            raise skip(f"no pid namespace is to be had here ({error}), and outside of one it is "
                       "too dangerous") from error
    # Of those that were tried twice, the one that hit somebody.
    results.sort(key=lambda result: (result["near"], result["far"]) != (None, None))
    return {result["case"]: result for result in results}


def run_case(implementation: Implementation, case: str, above: int) -> dict[str, Any]:
    """What comes of it where pids are higher: some refuse low ones, and some high ones."""
    with RunningPair(implementation, sandboxed=True) as pair:
        pair.move_pids(above)
        pair.start(timeout=1)
        return call(pair, implementation, case)


def call(pair: RunningPair, implementation: Implementation, case: str) -> dict[str, Any]:
    """What the client does in a case. The engine knows who {pid}, {nobody} and {bystander} are."""
    words = {"no-argument": implementation.program(),
             "one-argument": [*implementation.program(), "{pid}"]}.get(case)
    if words is None:
        words = [word.replace("{pid}", PIDS.get(case, "{pid}")).replace("{text}", TEXT)
                 for word in implementation.client] + ["more"] * (case == "three-arguments")
    return {"case": case, **pair.call_wrongly(words, END_SECONDS)}


def check(case: str) -> Judge:
    """The check of one case."""
    def run(tested: UnderTest) -> Finding:
        try:
            found = tested.once("sandbox", lambda: run_cases(tested))
        except Decided:
            if case not in HARMLESS:
                raise
            return judge(call(tested.pair(), tested.implementation, case))
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
    if hit and case in LENIENT:
        pid = PIDS[case].replace("{bystander}", "1234")
        return Finding(LENIENT[case], f"it takes \"{pid}\" for the pid 1234 and signals that",
                       causes.UNCHECKED_PID)
    if hit:
        return Finding(KO, f"it kills {' and '.join(hit)}", causes.UNCHECKED_PID)
    if result["server"] is not None:
        died = signal_name(result["server"])
        return Finding(KO, f"the server ended ({died or result['server']})")
    if died:
        return Finding(KO, f"the client died of {died}",
                       causes.BAD_POINTER if case in HARMLESS and died == "SIGSEGV" else "")
    if status is None:
        return Finding(KO, f"the client does not end within {END_SECONDS} s")
    after = f", ends after {result['seconds']:.1f} s" if result["seconds"] > QUICK_SECONDS else ""
    if status == 0 and not result["said"]:
        return Finding(WARN, f"no crash, but neither a word nor an exit status that says so{after}")
    return Finding(OK, f"exit status {status}{after}")


def judge_bystander(result: dict[str, Any], hit: list[str], died: str | None) -> Finding:
    """No fault of theirs: a pid tells nothing about who has it."""
    if hit:
        return Finding(INFO, f"it kills {' and '.join(hit)}: the exercise asks for no better, "
                       "/proc/PID/status would tell who catches SIGUSR1")
    if died:
        return Finding(KO, f"the client died of {died}")
    return Finding(OK, "a process that catches no signal is left alone" if result["status"] != 0
                   else "it survived")
