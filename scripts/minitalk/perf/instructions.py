"""The command instructions: did our own code get slower? Counts instructions with valgrind, where a
clock and other processes play no part, so that half a percent is seen at once."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
from typing import Mapping

from minitalk import documents, places, processes
from minitalk.arguments import between, make_parser, pattern
from minitalk.exit_status import Failed
from minitalk.perf.builds import Builder

DESCRIPTION = """examples:
  scripts/lab instructions --base origin/main
  scripts/lab instructions --base-bin old/minitalk_instructions --head-bin build/tests/...
  make instructions BASE=origin/main

Counts the instructions a byte of what is ours and deterministic: codecs, framing, CRC, bits, and
both ends of each loss-free protocol, without the kernel. Fails where a case takes more."""
EPILOG = """
exit status:
  0    no case takes more instructions
  1    this tool failed (no such commit, a build error, no valgrind)
  2    one takes more
  64   usage
  130  interrupted"""
TARGET = "minitalk_instructions"
FEW, MANY = 1, 11  # turns: what both have, such as starting, is no part of the difference
TOOL = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
TIMEOUT = 300

Counts = Mapping[str, float]  # instructions a byte, by case


def instructions_in(report: str) -> int:
    """Of what cachegrind says at its end."""
    found = re.search(r"I\s+refs:\s+([\d,]+)", report)
    if not found:
        raise Failed(f"valgrind counts nothing: {report.strip()[-200:]}")
    return int(found[1].replace(",", ""))


def output_of(command: list[object]) -> tuple[str, str]:
    status, stdout, stderr = processes.run(command, timeout=TIMEOUT)
    if status != 0:
        raise Failed(f"`{' '.join(map(str, command))}` ended with {status}: "
                     f"{stderr.strip()[-200:]}")
    return stdout, stderr


def cases_of(program: pathlib.Path) -> dict[str, int]:
    """The cases of a program, with the bytes of a turn."""
    stdout, _ = output_of([program])
    return {name: int(size) for name, size in map(str.split, stdout.splitlines())}


def count(program: pathlib.Path, cases: Mapping[str, int]) -> Counts:
    def one(case: str) -> float:
        few, many = (instructions_in(output_of([*TOOL, program, case, turns])[1])
                     for turns in (FEW, MANY))
        return (many - few) / ((MANY - FEW) * cases[case])
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return dict(zip(cases, pool.map(one, cases)))


def more(base: Counts, head: Counts, limit: float) -> list[str]:
    """The cases that take more instructions than they may."""
    return [case for case, before in base.items() if head[case] > before * (1 + limit)]


def table(base: Counts, head: Counts, limit: float) -> list[str]:
    worse, better = more(base, head, limit), more(head, base, limit)
    verdicts = {**{case: "more" for case in worse}, **{case: "fewer" for case in better}}
    return documents.table(
        "case | base | head | change | ", "<>>><",
        [[case, f"{base[case]:,.2f}", f"{head[case]:,.2f}",
          f"{head[case] / base[case] - 1:+.2%}", verdicts.get(case, "same")] for case in base])


def parse(words: list[str]) -> argparse.Namespace:
    parser = make_parser("instructions", DESCRIPTION, EPILOG)
    parser.add_argument("--base", metavar="REF", help="a commit, built in a worktree of its own, "
                        "to compare the files with as they are")
    parser.add_argument("--base-bin", type=pathlib.Path, metavar="PATH", help=f"a {TARGET}")
    parser.add_argument("--head-bin", type=pathlib.Path, metavar="PATH", help="another")
    parser.add_argument("--cases", type=pattern, default="", metavar="REGEX",
                        help="only those that match")
    parser.add_argument("--limit", type=between(float, 0, 1), default=0.005, metavar="SHARE",
                        help="how many more are too many (default: %(default)s)")
    parser.add_argument("--preset", default="release",
                        help="of CMakePresets.json (default: release)")
    options = parser.parse_args(words)
    if bool(options.base) == bool(options.base_bin) or bool(options.base_bin) != bool(
            options.head_bin):
        parser.error("give --base REF, or --base-bin and --head-bin")
    return options


def run(words: list[str]) -> int:
    chosen = parse(words)
    if shutil.which("valgrind") is None:
        raise Failed("valgrind is missing; install it with: scripts/setup.sh test")
    base, head = chosen.base_bin, chosen.head_bin
    if chosen.base:
        builder = Builder(places.ROOT, chosen.preset, print, TARGET, "tests")
        base, head = builder.bench_of(chosen.base), builder.bench_of("worktree")
    found = cases_of(base), cases_of(head)
    # What only one of them has cannot be compared.
    cases = {case: size for case, size in found[0].items()
             if found[1].get(case) == size and re.search(chosen.cases, case)}
    if not cases:
        raise Failed(f"no case matches {chosen.cases!r} in both")
    counts = count(base, cases), count(head, cases)
    print("Instructions a byte:\n", *table(*counts, chosen.limit), sep="\n")
    worse = more(*counts, chosen.limit)
    print(f"\n{', '.join(worse)}: more than {chosen.limit:.1%} more" if worse else
          f"\nno case takes more than {chosen.limit:.1%} more")
    return 2 if worse else 0
