"""Whether a message stands in what a server printed, among banners, colours and the rest, and if
not, where it first goes wrong. Pure functions on bytes."""
import dataclasses
import re

ANSI = re.compile(rb"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
SEEDS = (16, 8, 4, 2, 1)  # bytes of the message's beginning to look for, the surest first
CANDIDATES = 200
SHORT = 5  # bytes
CONTEXT = 10


def strip(output):
    """Without colours and other escape sequences."""
    return ANSI.sub(b"", output)


def escaped(text):
    """As a careful program shows it on a terminal: control characters and broken UTF-8 as \\xNN."""
    return b"".join(escaped_character(char) for char in text.decode(errors="surrogateescape"))


def escaped_character(char):
    plain = {"\n": b"\\n", "\t": b"\\t"}
    if char in plain:
        return plain[char]
    raw = char.encode(errors="surrogateescape")
    control = ord(char) < 32 or 127 <= ord(char) < 160 or 0xDC80 <= ord(char) <= 0xDCFF
    return b"".join(b"\\x%02x" % byte for byte in raw) if control else raw


def forms(text):
    """The message as it may be shown: as it is, and escaped where that differs."""
    shown = escaped(text)
    return [text] if shown == text else [text, shown]


class Matcher:
    """Looks for one message in an output that grows, from `start` on."""

    def __init__(self, text, start=0):
        self.text = text
        self.forms = forms(text)
        self.start = start
        self.seen = start
        self.found = None  # the form that is there

    def find(self, output):
        """Whether it is there by now. Cheap to ask after every byte."""
        if self.found is None:
            self.found = next((form for form in self.forms if self.holds(output, form)), None)
            self.seen = len(output)
        return self.found is not None

    def holds(self, output, form):
        if len(form) < SHORT:  # a letter of a colour's code is none of the message
            return form in strip(bytes(output[self.start:]))
        begin = max(self.start, self.seen - len(form))
        return len(output) - begin >= len(form) and output.find(form, begin) >= 0

    def is_escaped(self):
        return self.found is not None and self.found != self.text


@dataclasses.dataclass(frozen=True)
class Alignment:
    """The longest beginning of a message that was found: `right` bytes, which stand in the output
    from `at` on. `rest`: what follows there."""
    at: int
    right: int
    rest: bytes


def align(text, output):
    """The best Alignment of a message in an output."""
    best = Alignment(len(output), 0, b"")
    for size in SEEDS:
        seed, at = text[:size], -1
        for _ in range(CANDIDATES):
            at = output.find(seed, at + 1)
            if at < 0 or len(seed) < size:
                break
            right = common_prefix(text, output[at:at + len(text)])
            if right > best.right:
                best = Alignment(at, right, output[at + right:])
        if best.right:
            break
    return best


def common_prefix(one, other):
    """How many bytes at the beginning are equal."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def named(byte):
    """'"k" (0x6b)'."""
    return f'"{chr(byte)}" (0x{byte:02x})' if 32 <= byte < 127 else f"0x{byte:02x}"


def shown(data):
    """Bytes of any kind, in a few printable characters."""
    return escaped(bytes(data)).decode(errors="replace")


def first_wrong(text, output):
    """Where a message that is not there goes wrong, in words. `output` is what is new."""
    output = strip(bytes(output))
    if not output.strip():
        return "nothing arrived"
    found = align(text, output)
    missing = len(text) - found.right
    if not found.right:
        shorter = shown(output.strip()[:24])
        return (f"byte 1 of {len(text):,}: expected {named(text[0])}, and what came is "
                f"\"{shorter}\"")
    if not found.rest.strip():
        return f"the last {missing:,} of {len(text):,} bytes are missing"
    before = shown(text[max(0, found.right - CONTEXT):found.right])
    return (f"byte {found.right + 1:,} of {len(text):,}: expected {named(text[found.right])}, got "
            f"{named(found.rest[0])}, after \"{'...' if found.right > CONTEXT else ''}{before}\"")
