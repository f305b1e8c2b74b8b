"""The subcommands of scripts/lab: what each does, where it is, what it needs."""
import dataclasses
import importlib
import sys
from typing import Callable

from minitalk import exit_status, places


@dataclasses.dataclass(frozen=True)
class Command:
    """`module` has run(words), which returns an exit status. `failed`: the exit status where the
    tool itself failed and does not say how."""
    module: str
    summary: str
    needs: tuple[str, ...] = ()  # modules that a Python may lack
    prefers: tuple[str, ...] = ()  # without them it does less
    failed: int = 1


DRAWING = ("matplotlib", "numpy")
TERMINAL = ("rich",)
COMMANDS = {
    "grade": Command("grade.grading", "grade a pair of server and client", TERMINAL,
                     failed=2),
    "interop": Command("interop.run_matrix", "who understands whom", TERMINAL, DRAWING),
    "plot": Command("plots.pictures", "draw the pictures of a result file",
                    ("jsonschema", *DRAWING)),
    "report": Command("report.write_page", "one self-contained page of a result file",
                      ("jinja2", "jsonschema", *DRAWING)),
    "export": Command("export", "a result file in the form of another tool"),
    "history": Command("history", "a series of results, commit by commit", prefers=DRAWING),
    "perf-check": Command("perf.check", "did it get slower?", ("numpy", *TERMINAL),
                          DRAWING),
    "perf-trial": Command("perf.trials", "how often perf-check is wrong",
                          ("numpy", "scipy", *TERMINAL)),
    "instructions": Command("perf.instructions", "does our own code take more instructions?"),
    "choices": Command("choices", "what ./client chooses by itself against every fixed choice",
                       TERMINAL),
    "docs": Command("docs.blocks", "fill the generated blocks of the documents"),
    "coverage-table": Command("coverage_table", "what gcovr counted, folder by folder"),
}


def main(name: str | None = None) -> None:
    """Runs the command of that name, or the one that the first word names, and ends."""
    words = sys.argv[1:]
    if name is None:
        name, words = (words[0], words[1:]) if words else (None, words)
    if name in ("--help", "-h"):
        print("usage: scripts/lab COMMAND [OPTION ...]\n",
              *(f"  {known:<15} {command.summary}" for known, command in COMMANDS.items()),
              "\nscripts/lab COMMAND --help tells more", sep="\n")
        sys.exit(0)
    if name is None or name not in COMMANDS:
        print(f"lab: {'no command' if name is None else f'no command {name!r}'}; lab --help lists "
              "them", file=sys.stderr)
        sys.exit(exit_status.USAGE)
    command = COMMANDS[name]
    places.prefer_modules(*command.prefers)
    places.need_modules(places.called(name), *command.needs)

    def work() -> int:
        """Importing takes a while, and is interrupted as well."""
        run: Callable[[list[str]], int] = importlib.import_module(f"minitalk.{command.module}").run
        return run(words)
    sys.exit(exit_status.of_work(work, places.called(name), command.failed))
