"""What a stream can show: one rule for all scripts. No colours and nothing that is written over in
a file, in a pipe, or on a terminal that cannot do it."""


def can_rewrite(stream, environment):
    """Whether a line can be written over, as progress displays do."""
    return stream.isatty() and environment.get("TERM") != "dumb"


def wants_colour(stream, environment):
    """Not where NO_COLOR is set to anything, either (https://no-color.org)."""
    return can_rewrite(stream, environment) and not environment.get("NO_COLOR")
