"""Fills the generated blocks of the documents with what the programs and the results say.

    scripts/lab docs              after `make`: brings every block up to date
    scripts/lab docs --check      says which block is stale, and changes nothing

A block begins with a line `<!-- generated: NAME WORD ... -->`, behind .\\" in a manual page and #
in Python, and ends with `<!-- end -->` or the like; what is between them is replaced. The
descriptions in results/bench.schema.json are filled in, too."""
import json
import pathlib
import re
from typing import Callable

from minitalk import files, places
from minitalk.arguments import make_parser
from minitalk.docs import facts, markdown, roff, source

EPILOG = """exit status:
  0    every block is up to date
  1    --check: a block is stale; without it: a program is missing
  64   usage"""

DOCUMENTS = ("README.md", "docs/*.md", "protocols/README.md", "bench/carriers/README.md",
             "results/README.md")
PAGES = "packaging/man/*"
SOURCES = ("scripts/minitalk/perf/suite.py", "scripts/minitalk/results/legends.py")
SCHEMA = "results/bench.schema.json"
BLOCK = re.compile(r'^(?P<begin>(?:<!--|\.\\"|#) generated: (?P<words>.*?)(?: -->)?\n)(?P<body>.*?)'
                   r'(?P<end>(?:<!--|\.\\"|#) end(?: -->)?\n)', re.MULTILINE | re.DOTALL)


def filled(text: str, blocks: dict[str, Callable[..., list[str]]]) -> str:
    """The text with each of its blocks generated anew."""
    def fill(block: re.Match[str]) -> str:
        name, *words = block["words"].split()
        lines = (markdown.reference(block["body"].splitlines()) if name == "reference"
                 else blocks[name](*words))
        return block["begin"] + "\n".join(lines) + "\n" + block["end"]
    return BLOCK.sub(fill, text)


def generated() -> dict[str, str]:
    """The documents by path, as they have to be."""
    texts = {}
    for pattern in (*DOCUMENTS, PAGES, *SOURCES):
        blocks = (roff.BLOCKS if pattern == PAGES else source.BLOCKS if pattern in SOURCES
                  else markdown.BLOCKS)
        for path in sorted(places.ROOT.glob(pattern)):
            texts[str(path.relative_to(places.ROOT))] = filled(path.read_text("utf-8"), blocks)
    texts[SCHEMA] = json.dumps(facts.schema(), indent=2, ensure_ascii=False) + "\n"
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
    parser.add_argument("--bin", type=pathlib.Path, metavar="PATH", default=facts.FOLDER,
                        help="the folder of the programs (default: build/bin)")
    options = parser.parse_args(words)
    facts.FOLDER = options.bin
    status = 0
    for path, text in generated().items():
        for name in stale(path, text):
            print(f"{path}: {name}: " + ("stale; run `scripts/lab docs`" if options.check
                                         else "brought up to date"))
            status = int(options.check)
        if not options.check and text != (places.ROOT / path).read_text("utf-8"):
            files.atomic_write(places.ROOT / path, text)
    return status
