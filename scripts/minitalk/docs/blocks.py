"""Fills the generated blocks of the documents with what the programs and the results say.

    scripts/lab docs              after `make`: brings every block up to date
    scripts/lab docs --check      says which block is stale, and changes nothing

A block begins with a line `<!-- generated: NAME WORD ... -->`, behind .\\" in a manual page and #
in Python, and ends with `<!-- end -->` or the like; what is between them is replaced. The
descriptions in results/bench.schema.json are filled in, too."""
import json
import pathlib
import re
import textwrap
from typing import Callable

from minitalk import documents, places
from minitalk.arguments import make_parser
from minitalk.docs import described, markdown, roff
from minitalk.docs.described import Lines

EPILOG = """exit status:
  0    every block is up to date
  1    --check: a block is stale; without it: a program is missing
  64   usage"""

SCHEMA = "results/bench.schema.json"
BLOCK = re.compile(r'^(?P<begin>(?:<!--|\.\\"|#) generated: (?P<words>.*?)(?: -->)?\n)(?P<body>.*?)'
                   r'(?P<end>(?:<!--|\.\\"|#) end(?: -->)?\n)', re.MULTILINE | re.DOTALL)
WIDTH = 88  # of a piece of a long string


def python_protocols() -> Lines:
    return ["PROTOCOLS = [", *(
        f"    Protocol({json.dumps(entry['name'])}, {entry['loss_free']}, "
        f"{'both ends always run' in entry['needs']}, {entry['bits_per_round_max']}, "
        f"{entry['bits_per_round_random']}),"
        for entry in sorted(described.of("minitalk-bench")["protocols"],
                            key=lambda entry: int(entry["id"]))), "]"]


def python_columns() -> Lines:
    lines = ["COLUMNS = ["]
    for entry in described.of("minitalk-bench")["columns"]:
        pieces = textwrap.wrap(entry["legend"], WIDTH, drop_whitespace=False)
        lines += [f"    ({json.dumps(entry['heading'])}, {json.dumps(entry['key'] or '')},",
                  *(f"     {json.dumps(piece, ensure_ascii=False)}" for piece in pieces)]
        lines[-1] += "),"
    return [*lines, "]"]


PYTHON_BLOCKS: dict[str, Callable[..., Lines]] = {
    "protocols": python_protocols, "columns": python_columns}
# What has blocks, and the functions that fill them.
DOCUMENTS = {
    "README.md": markdown.BLOCKS, "docs/*.md": markdown.BLOCKS,
    "protocols/README.md": markdown.BLOCKS, "bench/carriers/README.md": markdown.BLOCKS,
    "results/README.md": markdown.BLOCKS, "packaging/man/*": roff.BLOCKS,
    "scripts/minitalk/results/facts.py": PYTHON_BLOCKS}


def filled(text: str, blocks: dict[str, Callable[..., Lines]]) -> str:
    """The text with each of its blocks generated anew."""
    def fill(block: re.Match[str]) -> str:
        name, *words = block["words"].split()
        lines = (markdown.reference(block["body"].splitlines()) if name == "reference"
                 else blocks[name](*words))
        return block["begin"] + "\n".join(lines) + "\n" + block["end"]
    return BLOCK.sub(fill, text)


def generated() -> dict[str, str]:
    """The documents by path, as they have to be."""
    texts = {str(path.relative_to(places.ROOT)): filled(path.read_text("utf-8"), blocks)
             for pattern, blocks in DOCUMENTS.items()
             for path in sorted(places.ROOT.glob(pattern))}
    texts[SCHEMA] = json.dumps(described.schema(), indent=2, ensure_ascii=False) + "\n"
    return texts


def stale(path: str, text: str) -> list[str]:
    """The names of its blocks that are not as they have to be."""
    before = (places.ROOT / path).read_text("utf-8")
    if before == text:
        return []
    pairs = zip(BLOCK.finditer(before), BLOCK.finditer(text))
    return [old["words"] for old, new in pairs if old[0] != new[0]] or ["description"]


def run(words: list[str]) -> int:
    parser = make_parser("docs", __doc__, EPILOG)
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--bin", type=pathlib.Path, metavar="PATH", default=described.FOLDER,
                        help="the folder of the programs (default: build/bin)")
    options = parser.parse_args(words)
    described.FOLDER = options.bin
    status = 0
    for path, text in generated().items():
        names = stale(path, text)
        for name in names:
            print(f"{path}: {name}: " + ("stale; run `scripts/lab docs`" if options.check
                                         else "brought up to date"))
            status = int(options.check)
        if names and not options.check:
            documents.atomic_write(places.ROOT / path, text)
    return status
