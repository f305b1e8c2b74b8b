"""What the pictures and the report need of a result file, beyond its being one. The exporters do
without: to them a key that is missing is null."""
from minitalk import places
from minitalk.exit_status import DATA, Failed
from minitalk.results import reading


def word(value):
    return isinstance(value, str)


def words(value):
    return isinstance(value, list) and all(map(word, value))


def flag(value):
    return isinstance(value, bool)


def present(_value):
    return True


def amount(value):
    return reading.number(value) is not None and value >= 0


def amounts(value):
    return isinstance(value, list) and all(map(amount, value))


def above_zero(value):
    return amount(value) and value > 0


def or_null(good):
    return lambda value: value is None or good(value)


CONTEXT = {"cpu_model": word, "cpu_count": above_zero, "kernel": word, "git_commit": word,
           "git_dirty": flag, "date": word, "seed": present}
CONTEXT_IF_THERE = {"hypervisor": or_null(word), "warnings": words, "load_averages": amounts}
CONDITION = {"protocol": word, "kind": word, "payload": word, "pin": word, "wait": word,
             "size_bytes": amount}
ROW = {"samples": present, "bytes_per_second": amount, "parameter": or_null(amount),
       **dict.fromkeys(("bit_errors", "bits_per_round", "bits_per_round_max",
                        "bits_per_round_random", "bits_per_floor_round",
                        "cpu_seconds_per_megabyte"), or_null(amount))}
SAMPLE = {"run_order": amount, "bytes_per_second": amount, "floor_before_ns": amount,
          "floor_after_ns": amount}
# Of these the pictures of our own protocols are made; from outside some are not seen.
SAMPLE_OF_OURS = {"messages": amount, "bits_sent": above_zero, "bits_received": amount,
                  "bits_wrong": amount, "elapsed_ns": above_zero, "signals_to_sender": amount,
                  "session_delivered": flag, "session_seconds": amount}


def read(path):
    """The whole document, good to draw. Raises ResultError, which names the first flaw."""
    document = reading.read(path)
    flaw = next(flaws(document), None)
    if flaw:
        raise Failed(f"{path} cannot be drawn: {flaw}; measure again with `{places.MEASURE}`",
                     DATA)
    return document


def flaws(document):
    """Each as "`key` of what is missing or odd"."""
    context = document["context"]
    yield from odd(context, CONTEXT, "the context")
    yield from odd(context, {key: good for key, good in CONTEXT_IF_THERE.items() if key in context},
                   "the context")
    for row in document["benchmarks"]:
        yield from odd(row, CONDITION, row["name"])
        if not reading.failed(row):
            yield from odd(row, ROW, row["name"])
            yield from odd_samples(row)


def odd_samples(row):
    wanted = SAMPLE if row["kind"] == "external" else {**SAMPLE, **SAMPLE_OF_OURS}
    for sample in reading.measured(row):
        what = f"a repetition of {row['name']}"
        yield from odd(sample, wanted, what)
        if sample.get("session_delivered") and not sample.get("session_seconds"):
            yield f"`session_seconds` of {what} is 0"


def odd(part, wanted, what):
    for key, good in wanted.items():
        if key not in part or not good(part[key]):
            yield f"`{key}` of {what} is {'odd' if key in part else 'missing'}"
