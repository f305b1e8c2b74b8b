"""What the documents have in common that commands write of their runs."""
import datetime
import os
import platform
from typing import Any


def provenance() -> dict[str, Any]:
    """When and where: the keys "date" and "machine"."""
    return {"date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "machine": {"cpu_model": cpu_model(), "cpu_count": len(os.sched_getaffinity(0)),
                        "kernel": platform.release()}}


def cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return next(line.split(":", 1)[1].strip() for line in file
                        if line.startswith(("model name", "Model", "Processor")))
    except (OSError, StopIteration):
        return platform.machine()


def cell(text: str) -> str:
    """Text of theirs inside a table: no pipe, no markup, one line."""
    for char in "\\`*_<>[]|~":
        text = text.replace(char, f"\\{char}" if char != "<" else "&lt;")
    return " ".join(text.split())
