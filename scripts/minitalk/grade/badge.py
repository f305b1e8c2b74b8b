"""The grade as a picture for a README: a self-contained SVG without fonts, scripts or links."""
from xml.sax.saxutils import escape, quoteattr

from minitalk.results.reading import Document
from minitalk.results.units import rate_text

HEIGHT, PADDING, CHARACTER = 20, 7, 6.6  # in pixels; 11-pixel letters are about so wide
GREY, GREEN, YELLOW, RED, BLUE = "#555", "#2c7a2c", "#8a6d00", "#b3261e", "#1f5fa8"


def colour(good: int, total: int) -> str:
    """Green for all, yellow for at least four fifths, red below."""
    if total and good == total:
        return GREEN
    return YELLOW if total and good >= 0.8 * total else RED


def segments(document: Document) -> list[tuple[str, str]]:
    good, total = document["score"]["ok"], document["score"]["judged"]
    texts = [(document["name"], GREY), (f"{good}/{total} OK", colour(good, total))]
    rate = document["goodput_bytes_per_second"]
    return texts + ([(rate_text(rate), BLUE)] if rate else [])


def width_of(text: str) -> int:
    return round(len(text) * CHARACTER + 2 * PADDING)


def svg(document: Document) -> str:
    """The text of the file. Any name is safe in it."""
    parts = segments(document)
    width = sum(width_of(text) for text, _ in parts)
    label = quoteattr(", ".join(text for text, _ in parts))
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" '
             f'role="img" aria-label={label}>',
             f'<clipPath id="r"><rect width="{width}" height="{HEIGHT}" rx="3"/></clipPath>',
             '<g clip-path="url(#r)">']
    left = 0
    for text, fill in parts:
        lines += segment(text, fill, left)
        left += width_of(text)
    return "\n".join([*lines, "</g>", "</svg>"]) + "\n"


def segment(text: str, fill: str, left: float) -> list[str]:
    width = width_of(text)
    return [f'<rect x="{left}" width="{width}" height="{HEIGHT}" fill="{fill}"/>',
            f'<text x="{left + width / 2:g}" y="14" text-anchor="middle" fill="#fff" '
            f'font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" '
            f'textLength="{width - 2 * PADDING}">{escape(text)}</text>']
