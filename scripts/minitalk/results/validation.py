"""What the pictures and the page need of a result file, beyond its being one: some keys, of the
types that results/bench.schema.json gives them. What else the schema asks for may be missing, as in
older files. The exporters do without: to them a key that is missing is null."""
import json
import pathlib
from typing import Any, Iterator

from minitalk import places
from minitalk.exit_status import DATA, Failed
from minitalk.results import reading
from minitalk.results.reading import Document, Row

SCHEMA = places.ROOT / "results" / "bench.schema.json"
CONTEXT = ("cpu_model", "cpu_count", "kernel", "git_commit", "git_dirty", "date", "seed")
CONTEXT_IF_THERE = ("hypervisor", "warnings", "warning_details", "load_averages")
CONDITION = ("protocol", "kind", "payload", "pin", "wait", "size_bytes")
ROW = (*CONDITION, "samples", "bytes_per_second", "parameter", "bit_errors", "bits_per_round",
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
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    context, row = schema["properties"]["context"], schema["$defs"]["row"]
    of_context = make_validator(schema, context, CONTEXT, CONTEXT_IF_THERE)
    of_failed, of_row = make_validator(schema, row, CONDITION), make_validator(schema, row, ROW)
    sample = row["properties"]["samples"]["items"]
    of_sample = make_validator(schema, sample, SAMPLE)
    of_ours = make_validator(schema, sample, (*SAMPLE, *SAMPLE_OF_OURS))
    yield from named(of_context, document["context"], "the context")
    for each in document["benchmarks"]:
        failed = reading.failed(each)
        yield from named(of_failed if failed else of_row, each, each["name"])
        for one in () if failed else reading.measured(each):
            what = f"a repetition of {each['name']}"
            whole_programs = each["kind"] in ("external", "program")
            yield from named(of_sample if whole_programs else of_ours, one, what)
            if one.get("session_delivered") and not one.get("session_seconds"):
                yield f"`session_seconds` of {what} is 0"


def named(validator: Any, value: Row, what: str) -> Iterator[str]:
    for error in validator.iter_errors(value):
        if error.path:
            yield f"`{error.path[0]}` of {what} is not valid"
        else:
            yield from (f"`{key}` of {what} is missing" for key in error.validator_value
                        if key not in value)


def make_validator(schema: dict[str, Any], part: dict[str, Any], required: tuple[str, ...],
                   if_there: tuple[str, ...] = ()) -> Any:
    """Of the types that a part of the schema gives these keys."""
    import jsonschema  # only where there is something to validate
    finite = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many({
        "number": lambda _checker, value: reading.number(value) is not None,
        "integer": lambda _checker, value: (reading.number(value) is not None
                                            and value == int(value))})
    properties = {key: {"allOf": [
        {"type": "array"} if key == "samples" else part["properties"][key],
        {"not": {"type": "null"}} if key in SAMPLE_OF_OURS else {},
        {"exclusiveMinimum": 0} if key in DIVISORS else {}]} for key in (*required, *if_there)}
    kind = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=finite)
    return kind({"$defs": schema["$defs"], "type": "object", "required": required,
                 "properties": properties})
