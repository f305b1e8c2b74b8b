"""Command lines: a parser that ends as the C++ programs do, and types of options with errors that
say what is allowed."""
import argparse
import json
import pathlib
import re
import sys
from typing import Callable, NoReturn, TypeVar

from minitalk import exit_status, places

Number = TypeVar("Number", int, float)


class Parser(argparse.ArgumentParser):
    """A wrong option is EX_USAGE, as it is in the C++ programs. Argparse says 2, which from
    perf-check would mean a regression."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}; {self.prog} --help tells more", file=sys.stderr)
        exit_status.report_below_make(self.prog, exit_status.USAGE)
        sys.exit(exit_status.USAGE)


class Describe(argparse.Action):
    """--describe=json: options and exit statuses, as the C++ programs print theirs."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        statuses = re.findall(r"^  (\d+) +(.*)", parser.epilog or "", re.MULTILINE)
        document = {"schema": "minitalk.describe/1", "name": parser.prog,
                    "options": [describe_option(parser, action) for action in parser._actions
                                if action.option_strings],
                    "exit_statuses": [{"status": int(status), "when": when}
                                      for status, when in statuses]}
        print(json.dumps(document, indent=2))
        sys.exit(0)


def describe_option(parser: argparse.ArgumentParser, action: argparse.Action) -> dict[str, object]:
    value: dict[str, object] | None = None
    if action.choices is not None:
        value = {"choices": list(action.choices)}
    elif action.nargs != 0:
        value = {"name": str(action.metavar or action.dest)}
    # Where there is a default the help names it.
    return {"names": action.option_strings, "value": value, "default": None, "repeats": False,
            "help": parser._get_formatter()._expand_help(action), "needs": [], "excludes": []}


def make_parser(command: str, description: str, epilog: str | None = None) -> Parser:
    """Of a command of scripts/lab."""
    parser = Parser(prog=places.called(command), description=places.help_text(description),
                    epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter,
                    allow_abbrev=False)
    parser.add_argument("--describe", choices=["json"], action=Describe,
                        help="print what the program knows and end")
    return parser


def between(kind: Callable[[str], Number], low: float, high: float) -> Callable[[str], Number]:
    """A number of that kind within the two, which are allowed themselves."""
    def read(text: str) -> Number:
        try:
            value = kind(text)
            if low <= value <= high:
                return value
        except ValueError:
            pass
        raise argparse.ArgumentTypeError(f"{text!r} is not within {low} to {high}")
    return read


def json_file(text: str) -> pathlib.Path:
    """A file to write, beside which others of its name go."""
    if not text.endswith(".json"):
        raise argparse.ArgumentTypeError(f"{text}: its name has to end with .json")
    return pathlib.Path(text)


def pattern(text: str) -> str:
    """A regular expression, as its text."""
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}")
    return text
