"""Generated blocks of Markdown, by name: a function of the words behind it, or of the block as it
stands, returns its lines."""
import re
import textwrap
from typing import Any, Callable

from minitalk.docs import described
from minitalk.docs.described import Lines
from minitalk.documents import table
from minitalk.results import table as result_table, verdicts as verdict_texts


def code(text: str) -> str:
    """With backquotes around what one types."""
    return re.sub(r"--[a-z-]+|\./client|(?<=\()make \w+|usleep:\d+", r"`\g<0>`", text)


def bits(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def linked(name: str, more: str = "") -> str:
    """To the file of a protocol or carrier, from the folder in which it is."""
    return f"[`{name}{more}`]({name.replace('-', '_')}.cc)"


def protocols() -> Lines:
    rows = []
    for entry in described.of("minitalk-bench")["protocols"]:
        parameter = entry["parameter"]
        more = f" (N {parameter['unit']}, default {parameter['default']})" if parameter else ""
        rows.append([linked(entry["name"], ":N" if parameter else ""), entry["summary"] + more,
                     ", ".join(entry["needs"]) or "-", bits(entry["bits_per_round_max"]),
                     bits(entry["bits_per_round_random"]),
                     "nothing" if entry["loss_free"] else "yes"])
    return table("protocol | in a clause | needs | bits a round, at most | on random bits | loses",
                 "<<<>><", rows)


def carriers() -> Lines:
    return table("carrier | | system calls a message, sender + receiver | copies | "
                 "most in one step | holds | tells death | name", "<" * 8,
                 [[linked(entry["name"]), entry["summary"], *list(entry["costs"].values())[:-1],
                   "yes" if entry["tells_death"] else "no", entry["costs"]["name"]]
                  for entry in described.of("minitalk-bench")["carriers"]])


def exit_statuses(program: str) -> Lines:
    called = program if program.startswith("minitalk-") else f"./{program}"
    return table(f"`{called}` exits with | when", "<<",
                 [[str(entry["status"]), code(entry["when"])]
                  for entry in described.of(program)["exit_statuses"]])


def classic_words() -> Lines:
    return table("one of | what it says", "<<",
                 [[", ".join(f"`{word}`" for word in entry["words"].split(" | ")), entry["meaning"]]
                  for entry in described.of("server")["classic_words"]])


def columns() -> Lines:
    """Those of the table of the README."""
    found = {entry["heading"]: entry["legend"]
             for entry in described.of("minitalk-bench")["columns"]}
    found["goodput"] += f". {result_table.SPREAD_MEANS}"
    return table("column | what it says", "<<",
                 [[heading, code(found[heading])] for heading in result_table.MARKDOWN_COLUMNS])


def figures() -> Lines:
    """Every key of a row that the schema describes."""
    row = described.schema()["$defs"]["row"]["properties"]
    return table("key | ", "<<", [[f"`{key}`", entry["description"]]
                 for key, entry in row.items() if "description" in entry])


def warnings() -> Lines:
    return table("code | cause | remedy", "<<<",
                 [[f"`{entry['code']}`", entry["cause"], entry["remedy"]]
                  for entry in described.of("minitalk-bench")["warnings"]])


def reference(block: Lines) -> Lines:
    """Rows of the reference run: those that the block has, with their figures as they are."""
    document = described.result("reference.json") | described.result("verdicts.json")
    rendered = result_table.render_markdown(document, document["benchmarks"]).splitlines()
    known = {tuple(line.split(" | ")[:4]): line for line in rendered if line.startswith("|")}
    return [*rendered[:2], *(known[tuple(line.split(" | ")[:4])] for line in block[2:])]


def reference_run() -> Lines:
    document = described.result("reference.json")
    context = document["context"]
    kernel = " ".join(re.findall(r"[A-Za-z]+|[\d.]+", context["kernel"])[:2])
    machine = f"{context['cpu_model'].replace('(R)', '')}, {context['cpu_count']} virtual CPUs"
    return textwrap.wrap(
        f"From [results/reference.json](results/reference.json): {machine}, {kernel}, commit "
        f"{context['git_commit'][:12]}, medians of the repetitions of "
        f"{len(document['benchmarks'])} rows, on a machine shared with others.", 100)


def kernel_facts() -> Lines:
    """Each with the program that asks it."""
    def file_of(name: str) -> str:
        return "model.cc" if name.startswith("model_") else f"facts/{name}.c"
    return table("fact | what Linux does | why it matters", "<<<",
                 [[f"[`{entry['name']}`](../verify/kernel/{file_of(entry['name'])})",
                   entry["linux"], entry["matters"]]
                  for entry in described.of("minitalk-kernel-check")["facts"]])


def verdicts(group: str) -> Lines:
    """The rows of results/verdicts.json: those of the protocols, of sessions, of planted bugs."""
    names = {entry["name"] for entry in described.of("minitalk-verify")["protocols"]}

    def group_of(row: dict[str, Any]) -> str:
        if row["protocol"] in names:
            return "protocols"
        return "sessions" if row["protocol"].startswith("session") else "planted"
    rows = [row for row in described.result("verdicts.json")["verdicts"] if group_of(row) == group]
    return table("protocol | assumption | bits | verdict | states | steps", "<<><>>",
                 [[f"`{row['protocol']}`", row["assumption"], f"{row['message_bits']:,}",
                   row["verdict"], f"{row['states']:,}{'' if row['complete'] else ' (not all)'}",
                   str(len(row["counterexample"])) if row["counterexample"] else "-"]
                  for row in rows])


def proofs() -> Lines:
    """What each protocol does under the assumptions that matter most, in a word."""
    rows = described.result("verdicts.json")["verdicts"]
    of = {(row["protocol"], row["assumption"]): verdict_texts.word_of(row) for row in rows}
    adverse = ("one foreign signal", "a process is killed anywhere")

    def line(name: str) -> Lines:
        usual = verdict_texts.of({"protocol": name}, rows)
        return [f"`{name}`", usual["word"] if usual else "-",
                *(of.get((name, what), "-") for what in adverse)]
    return table(f"protocol | {' | '.join((verdict_texts.ANY, *adverse))}", "<<<<",
                 [line(entry["name"])
                  for entry in described.of("minitalk-verify")["protocols"]])


BLOCKS: dict[str, Callable[..., Lines]] = {
    "protocols": protocols, "carriers": carriers,
    "exit-statuses": exit_statuses, "classic-words": classic_words, "columns": columns,
    "figures": figures, "warnings": warnings,
    "kernel-facts": kernel_facts, "reference-run": reference_run, "verdicts": verdicts,
    "proofs": proofs,
}
