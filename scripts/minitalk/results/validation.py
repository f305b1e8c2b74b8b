"""What the pictures and the page need of a result file, beyond its being one: some keys, of the
types that results/bench.schema.json gives them. What else the schema asks for may be missing, as in
older files. The exporters do without: to them a key that is missing is null."""
import functools
import json
import pathlib
from typing import Any, Iterable, Iterator

from minitalk import places
from minitalk.exit_status import DATA, Failed
from minitalk.results import reading
from minitalk.results.reading import Document, Row

SCHEMA = places.ROOT / "results" / "bench.schema.json"
CONTEXT = ("cpu_model", "cpu_count", "kernel", "git_commit", "git_dirty", "date", "seed")
CONTEXT_IF_THERE = ("hypervisor", "warnings", "warning_details", "load_averages")
CONDITION = ("protocol", "kind", "payload", "pin", "wait", "size_bytes")
ROW = ("samples", "bytes_per_second", "parameter", "bit_errors", "bits_per_round",
       "bits_per_round_max", "bits_per_round_random", "bits_per_floor_round",
       "cpu_seconds_per_megabyte")
SAMPLE = ("run_order", "bytes_per_second", "floor_before_ns", "floor_after_ns")
# Of these the pictures of our own protocols are made; of third-party pairs some cannot be seen.
SAMPLE_OF_OURS = ("messages", "bits_sent", "bits_received", "bits_wrong", "elapsed_ns",
                  "signals_to_sender", "session_delivered", "session_seconds")
DIVISORS = ("bits_sent", "elapsed_ns")


def read(path: pathlib.Path) -> Document:
    """The whole document, good to draw. Raises Failed, which names the first violation."""
    document = reading.read(path)
    violation = next(violations(document), None)
    if violation:
        raise Failed(f"{path} cannot be drawn: {violation}; measure again with "
                     f"`{places.MEASURE}`", DATA)
    return document


def violations(document: Document) -> Iterator[str]:
    """Each as "`key` of what is missing or not valid"."""
    validator = Validator()
    context = document["context"]
    known = [key for key in CONTEXT_IF_THERE if key in context]
    yield from validator.violations(context, "context", (*CONTEXT, *known), "the context")
    for row in document["benchmarks"]:
        keys = CONDITION if reading.failed(row) else CONDITION + ROW
        yield from validator.violations(row, "row", keys, row["name"])
        if not reading.failed(row):
            yield from of_samples(validator, row)


def of_samples(validator: "Validator", row: Row) -> Iterator[str]:
    whole_programs = row["kind"] in ("external", "program")
    keys = SAMPLE if whole_programs else SAMPLE + SAMPLE_OF_OURS
    for sample in reading.measured(row):
        what = f"a repetition of {row['name']}"
        yield from validator.violations(sample, "sample", keys, what)
        if sample.get("session_delivered") and not sample.get("session_seconds"):
            yield f"`session_seconds` of {what} is 0"


class Validator:
    """The schema's types, of the keys that are asked for."""

    def __init__(self) -> None:
        import jsonschema  # only where there is something to validate
        self.schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        row = self.schema["$defs"]["row"]["properties"]
        self.properties = {"context": self.schema["properties"]["context"]["properties"],
                           "row": {**row, "samples": {"type": "array"}},
                           "sample": row["samples"]["items"]["properties"]}
        finite = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many({
            "number": lambda _checker, value: reading.number(value) is not None,
            "integer": lambda _checker, value: (reading.number(value) is not None
                                                and value == int(value))})
        self.kind = jsonschema.validators.extend(jsonschema.Draft202012Validator,
                                                 type_checker=finite)

    @functools.cache
    def validator(self, part: str, keys: tuple[str, ...]) -> Any:
        properties = {key: self.of_key(part, key) for key in keys}
        return self.kind({"$defs": self.schema["$defs"], "type": "object", "required": keys,
                          "properties": properties})

    def of_key(self, part: str, key: str) -> dict[str, Any]:
        wanted: list[dict[str, Any]] = [self.properties[part][key]]
        if key in SAMPLE_OF_OURS:
            wanted.append({"not": {"type": "null"}})
        if key in DIVISORS:
            wanted.append({"exclusiveMinimum": 0})
        return {"allOf": wanted}

    def violations(self, value: Any, part: str, keys: Iterable[str], what: str) -> Iterator[str]:
        """`value`: a "context", "row" or "sample"; `what` names it."""
        for error in self.validator(part, tuple(keys)).iter_errors(value):
            for key in (error.path[0],) if error.path else (k for k in keys if k not in value):
                state = "is not valid" if error.path else "is missing"
                yield f"`{key}` of {what} {state}"
