"""Types of command line options, with errors that say what is allowed."""
import argparse
import re


def between(kind, low, high):
    """A number of that kind within the two, which are allowed themselves."""
    def read(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not within {low} to {high}")
        return value
    return read


def pattern(text):
    """A regular expression, as its text."""
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}")
    return text
