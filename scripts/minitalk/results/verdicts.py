"""What `make verify` found: reading it, and its words for a row of the bench."""
import json
import pathlib
from typing import Any

from minitalk.exit_status import DATA, Failed, NO_INPUT
from minitalk.results import reading
from minitalk.results.reading import Row

Verdict = dict[str, Any]

ANY = "any schedule"


def read(path: pathlib.Path | None) -> list[Verdict]:
    """Those of a run of `make verify`; none where no file is named. Raises Failed."""
    if path is None:
        return []
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return [verdict for verdict in document["verdicts"] if verdict["protocol"]]
    except OSError as error:
        raise Failed(f"cannot read {path}: {error.strerror}; write it with `make verify`",
                     NO_INPUT) from error
    except (ValueError, LookupError, TypeError) as error:
        raise Failed(f"{path} is not of minitalk-verify: {error!r}", DATA) from error


def of(row: Row, verdicts: list[Verdict]) -> dict[str, Any] | None:
    """The word for a row's protocol and where it is explained, or None: a carrier, or not
    explored. What a proof assumes goes with it, and that it did not hold, where messages failed
    all the same."""
    name = str(row.get("protocol")).partition(":")[0]
    mine = [verdict for verdict in verdicts if verdict["protocol"] == name]
    if not mine:
        return None
    # The weakest assumption comes first.
    first = next((verdict for verdict in mine if verdict["assumption"] == ANY), mine[0])
    failed = bool(reading.number(row.get("messages_failed")))
    word, assumption = word_of(first), first["assumption"]
    if proven(first) and assumption != ANY:
        word += f" only if {assumption}" + (", not so here" if failed else "")
    return {"word": word, "proven": proven(first) and not failed, "anchor": f"verdict-{name}"}


def proven(verdict: Verdict) -> bool:
    return bool(verdict["verdict"] == "loss-free" and verdict.get("complete", False))


def word_of(verdict: Verdict) -> str:
    """Where the assumption stands beside it."""
    if proven(verdict):
        return "proven"
    if verdict["verdict"] == "loss-free":
        return "no counterexample found"
    return f"{verdict['verdict']} in {len(verdict['counterexample'] or [])} steps"


def groups(verdicts: list[Verdict]) -> dict[str, list[Verdict]]:
    """The verdicts of each protocol together, in the order of the file."""
    named: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        named.setdefault(verdict["protocol"], []).append(
            {**verdict, "word": word_of(verdict), "proven": proven(verdict),
             "steps": verdict.get("counterexample") or []})
    return named
