"""Generated blocks of Python, as minitalk.docs.markdown has them for Markdown."""
import json
import textwrap
from typing import Callable

from minitalk.docs import facts

Lines = list[str]
WIDTH = 88  # of a piece of a long string


def lossy() -> Lines:
    names = [entry["name"] for entry in facts.described("minitalk-bench")["protocols"]
             if not entry["loss_free"]]
    return [f"LOSSY = {{{', '.join(json.dumps(name) for name in names)}}}"]


def legends() -> Lines:
    lines = ["COLUMNS = ["]
    for entry in facts.described("minitalk-bench")["columns"]:
        pieces = textwrap.wrap(entry["legend"], WIDTH, drop_whitespace=False)
        lines += [f"    ({json.dumps(entry['heading'])}, {json.dumps(entry['key'] or '')},",
                  *(f"     {json.dumps(piece, ensure_ascii=False)}" for piece in pieces)]
        lines[-1] += "),"
    return [*lines, "]"]


BLOCKS: dict[str, Callable[..., Lines]] = {"lossy": lossy, "legends": legends}
