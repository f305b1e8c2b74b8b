"""Command lines: a parser that ends as the C++ programs do, and types of options with errors that
say what is allowed."""
import argparse
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


def make_parser(command: str, description: str, epilog: str | None = None) -> Parser:
    """Of a command of scripts/lab."""
    return Parser(prog=places.called(command), description=places.help_text(description),
                  epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter,
                  allow_abbrev=False)


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


def pattern(text: str) -> str:
    """A regular expression, as its text."""
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}")
    return text
