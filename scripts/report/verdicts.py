"""What `make verify` found, in words for a row and for the list below the table."""

ANY = "any schedule"


def of(row, verdicts):
    """The word for a row's protocol and where it is explained, or None: a carrier, or not
    explored."""
    name = str(row.get("protocol")).partition(":")[0]
    mine = [verdict for verdict in verdicts if verdict["protocol"] == name]
    if not mine:
        return None
    # The weakest assumption comes first.
    first = next((verdict for verdict in mine if verdict["assumption"] == ANY), mine[0])
    return {"word": word(first), "proven": proven(first), "anchor": f"verdict-{name}"}


def proven(verdict):
    return verdict["verdict"] == "loss-free" and verdict.get("complete", False)


def word(verdict):
    if proven(verdict):
        return "proven" if verdict["assumption"] == ANY else f"proven if {verdict['assumption']}"
    if verdict["verdict"] == "loss-free":
        return "no counterexample found"
    return f"{verdict['verdict']}, in {len(verdict['counterexample'] or [])} steps"


def groups(verdicts):
    """The verdicts of each protocol together, in the order of the file."""
    named = {}
    for verdict in verdicts:
        named.setdefault(verdict["protocol"], []).append(
            {**verdict, "word": word(verdict), "proven": proven(verdict),
             "steps": verdict.get("counterexample") or []})
    return named
