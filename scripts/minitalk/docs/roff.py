"""Generated blocks of manual pages, in mdoc, as minitalk.docs.markdown has them for Markdown."""
import re
from typing import Any, Callable

from minitalk.docs import described
from minitalk.docs.described import Lines


def text(words: str) -> str:
    """A line a sentence, in which nothing is taken for a request or for a typographic dash."""
    escaped = words.replace("\\", "\\e").replace("--", "\\-\\-").replace(". ", ".\n")
    return re.sub(r"^(?=[.'])", r"\\&", escaped, flags=re.MULTILINE)


def tagged(width: str, entries: list[tuple[str, str]]) -> Lines:
    return [f".Bl -tag -width {width}",
            *(line for tag, meaning in entries for line in (f".It {tag}", text(meaning))), ".El"]


def option_tag(option: dict[str, Any]) -> str:
    names = " , ".join(f"Fl {name[1:]}" for name in option["names"])
    value = option["value"]
    if value is None:
        return names
    shown = (f"Cm {' | '.join(value['choices'])}" if "choices" in value
             else f"Ar {value['name'].lower()}{' ...' if option['repeats'] else ''}")
    # Google Benchmark's own take no blank.
    return f"{names}{' Ns = Ns ' if '_' in names else ' '}{shown}"


def option_text(option: dict[str, Any]) -> str:
    sentences = [option["help"][:1].upper() + option["help"][1:]]
    value = option["value"] or {}
    if "range" in value:
        sentences.append(f"From {value['range'].replace(' - ', ' to ')}")
    if option["default"] is not None:
        sentences.append(f"The default is {option['default'].strip('[]').replace(',', ', ')}")
    if option["needs"]:
        sentences.append(f"Only with {' and '.join(option['needs'])}")
    if option["excludes"]:
        sentences.append(f"Not with {' or '.join(option['excludes'])}")
    return ". ".join(sentences) + "."


def options(page: str) -> Lines:
    return tagged("Ds", [(option_tag(option), option_text(option))
                         for option in described.of(described.pages()[page])["options"]])


def exit_statuses(page: str) -> Lines:
    return tagged("Ds", [(str(entry["status"]), entry["when"])
                         for entry in described.of(described.pages()[page])["exit_statuses"]])


def protocols() -> Lines:
    def tag(entry: dict[str, Any]) -> str:
        parameter = entry["parameter"]
        return f"Cm {entry['name']}" + (f" Ns Op : Ns Ar {parameter['unit']}" if parameter else "")
    return tagged("sigqueue", [(tag(entry), entry["summary"] + (" (the default)" if entry["default"]
                                                                else ""))
                               for entry in described.of("minitalk-bench")["protocols"]])


def carriers() -> Lines:
    return tagged("shm-spin", [(f"Cm {entry['name']}", entry["summary"] + (
                                f"; also called {entry['alias']}" if entry["alias"] else ""))
                               for entry in described.of("minitalk-bench")["carriers"]])


def classic_words() -> Lines:
    def tag(words: str) -> str:
        name, _, value = words.partition("=")
        return f"Cm {name} Ns = Ns Ar {value.lower()}" if value.isupper() else f"Cm {words}"
    return tagged("Ds", [(tag(entry["words"]), entry["meaning"])
                         for entry in described.of("server")["classic_words"]])


BLOCKS: dict[str, Callable[..., Lines]] = {
    "options": options, "exit-statuses": exit_statuses, "protocols": protocols,
    "carriers": carriers, "classic-words": classic_words,
}
