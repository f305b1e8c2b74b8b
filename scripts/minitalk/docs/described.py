"""Where the facts of generated blocks come from: programs asked with --describe=json, and the
committed results."""
import functools
import json
import subprocess
import sys
from typing import Any

from minitalk import places
from minitalk.exit_status import Failed

Described = dict[str, Any]
Lines = list[str]  # of a block
SCRIPTS = ("grade", "interop", "report")  # which are installed as minitalk-NAME
FOLDER = places.programs()  # of the programs that are asked


@functools.cache
def of(program: str) -> Described:
    """What a program says of itself; `program` is a name of build/bin or one of SCRIPTS."""
    script = program.removeprefix("minitalk-")
    command = ([sys.executable, str(places.SCRIPTS / "lab"), script] if script in SCRIPTS
               else [str(FOLDER / program)])
    try:
        run = subprocess.run([*command, "--describe=json"], stdout=subprocess.PIPE, check=True,
                             timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise Failed(f"{program} does not describe itself: {error}; build with `make`") from error
    found: Described = json.loads(run.stdout)
    return found


def pages() -> dict[str, str]:
    """The programs, each by the name under which it is installed, which is that of its page."""
    built = (path.name for path in sorted(FOLDER.iterdir()) if path.is_file())
    names = {name if name.startswith("minitalk-") else f"minitalk-{name}": name for name in built}
    return {**names, **{f"minitalk-{script}": f"minitalk-{script}" for script in SCRIPTS}}


def result(name: str) -> Any:
    return json.loads((places.ROOT / "results" / name).read_text(encoding="utf-8"))


def schema() -> Any:
    """Of a result file; keys that are columns of the bench's tables have the legends of these, and
    the codes of warnings are the bench's."""
    document = result("bench.schema.json")
    details = document["properties"]["context"]["properties"]["warning_details"]["items"]
    details["properties"]["code"]["enum"] = [entry["code"] for entry in
                                             of("minitalk-bench")["warnings"]]
    row = document["$defs"]["row"]["properties"]
    for column in of("minitalk-bench")["columns"]:
        if column["key"] is not None:
            row[column["key"]]["description"] = column["legend"]
    return document
