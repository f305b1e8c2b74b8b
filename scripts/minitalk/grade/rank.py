"""Where the pair stands beside the reference protocols: rows of minitalk-bench from one run, under
one condition. Ratios, which depend less on the machine than rates do."""
import json
import pathlib
import re
import tempfile

from minitalk import processes
from minitalk.exit_status import Failed
from minitalk.grade.under_test import Finding, INFO, RATED, skip, UnderTest
from minitalk.pairs.pair import Implementation, text_of
from minitalk.results.reading import Row

REFERENCES = ("usleep", "ack", "pair", "lanes")
YARDSTICK = "ack"
SIZE = 1000
PINS = ("same", "cross")
COMPARED = ("The pair runs as it is, its client started anew for each message; the references are "
            "bare protocols in processes that run already, which sleep while they wait on one CPU "
            "and poll on two")
REPETITIONS = 2
BUSY_SECONDS = 30  # more than it needs: a guard for a machine that is busy


def name_of(implementation: Implementation) -> str:
    """The row's name: none of ours, and only what the bench takes for a name."""
    return f"{implementation.name}-external"[:40] if implementation.name in REFERENCES else \
        implementation.name


def run_bench(implementation: Implementation, bench: pathlib.Path,
              timeout: float) -> list[Row]:
    """`timeout`: seconds for a repetition."""
    if not bench.exists():
        raise skip(f"there is no {bench}: run make first, or name one with --bench")
    name = name_of(implementation)
    document = {"name": name, "directory": str(implementation.folder),
                "server": implementation.server, "client": implementation.client}
    names = "|".join(map(re.escape, (*REFERENCES, name)))
    pins = "same/(sleep|own)|cross/(spin|own)"
    with tempfile.TemporaryDirectory(prefix="minitalk-grade-") as folder:
        manifest = pathlib.Path(folder, "manifest.json")
        manifest.write_text(json.dumps(document))
        try:
            status, stdout, stderr = processes.run(
                [bench, "--external", manifest, f"--sizes={SIZE}", "--seconds=0.1",
                 f"--benchmark_repetitions={REPETITIONS}", f"--limit={timeout:.1f}",
                 f"--benchmark_filter=^({names})/{SIZE}/text/({pins})$",
                 "--benchmark_format=json"],
                timeout=BUSY_SECONDS + REPETITIONS * len(PINS) * timeout)
        except Failed as error:
            raise skip(str(error)) from error
    if status != 0:
        raise skip(f"the bench ended with {status}: {(stderr.strip().splitlines() or ['-'])[-1]}")
    rows: list[Row] = json.loads(stdout)["benchmarks"]
    return rows


def table(rows: list[Row], name: str) -> dict[str, list[Row]]:
    """The rows of each placement, the quickest first, as dictionaries for the report."""
    found = {}
    for pin in PINS:
        placed = [row for row in rows if row["pin"] == pin]
        yard = next((row["bytes_per_second"] for row in placed
                     if row["protocol"] == YARDSTICK), None)
        found[pin] = [
            {"protocol": row["protocol"], "name": row["name"],
             "bytes_per_second": row["bytes_per_second"] or 0,
             "share_of_ack": (row["bytes_per_second"] or 0) / yard if yard else None,
             "messages": row["messages"], "messages_failed": row["messages_failed"],
             "graded": row["protocol"] == name}
            for row in sorted(placed, key=lambda row: -(row["bytes_per_second"] or 0))]
    return {pin: rows for pin, rows in found.items() if any(row["graded"] for row in rows)}


def place(rows: list[Row]) -> str:
    """"3rd of 6, 0.41 of ack" in the rows of one placement."""
    number, row = next((i, row) for i, row in enumerate(rows, 1) if row["graded"])
    share = f", {row['share_of_ack']:.2f} of {YARDSTICK}" if row["share_of_ack"] else ""
    failed = f", {row['messages_failed']} of {row['messages']} messages damaged" \
        if row["messages_failed"] else ""
    return f"{ordinal(number)} of {len(rows)}{share}{failed}"


def ordinal(number: int) -> str:
    suffix = "th" if number % 100 in (11, 12, 13) else \
        {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def check(tested: UnderTest) -> Finding:
    """For information: being slow is no fault."""
    if tested.unreliable:
        raise skip("a pair that does not deliver plain messages has no rate to compare")
    if tested.pace_seconds is None:  # no check before has asked for such a message
        tested.send(text_of(RATED, "rank"))
    if tested.pace_seconds is None:
        raise skip(f"a message of {RATED} characters did not arrive whole: there is no rate to "
                   "compare")
    if REPETITIONS * len(PINS) * tested.expected_seconds(SIZE) > tested.clock.left() / 2:
        raise tested.too_slow()
    tested.close()  # its idle server shall not be in the way
    rows = run_bench(tested.implementation, tested.memory["bench"],
                     1 + 2 * tested.expected_seconds(SIZE))
    tables = table(rows, name_of(tested.implementation))
    if not tables:
        raise skip("the bench measured no row of this pair")
    words = {"same": "one CPU", "cross": "two CPUs"}
    places = "; ".join(f"{words[pin]}: {place(rows)}" for pin, rows in tables.items())
    return Finding(INFO, f"{places}. {COMPARED}", figures={"tables": tables, "places": places})
