"""Files that are either there whole or not at all."""
import os
import pathlib


def write(path, text):
    """Takes its name only when it is complete. Makes the folder. Raises OSError."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")  # a device or a fifo is not replaced
        return
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
