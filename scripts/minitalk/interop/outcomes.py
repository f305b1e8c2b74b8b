"""What an exchange between strangers came to, in one word and one line. Pure functions."""
from typing import Callable

from minitalk.grade.engine import Exchange, signal_name

OK, GARBLED, HANGS, REFUSES, DIES, NOTHING = (
    "ok", "garbled", "hangs", "refuses", "dies", "nothing")
MEANINGS = {
    OK: "every message stood whole in the server's output",
    GARBLED: "something else stood there",
    HANGS: "the client waited in vain and was killed",
    REFUSES: "the client ended with an error",
    DIES: "a signal or an error ended one of the two",
    NOTHING: "the client was content, and nothing was printed",
}


def outcome_of(exchange: Exchange) -> str:
    """One of MEANINGS."""
    if exchange.exact():
        return OK
    if exchange.server_status is not None or signal_name(exchange.client_status):
        return DIES
    if not exchange.delivered and exchange.printed:
        return GARBLED
    if exchange.client_status is None:
        return HANGS
    return REFUSES if exchange.client_status != 0 else NOTHING


def reason_of(exchange: Exchange) -> str | None:
    """Why it is not OK; None: it is."""
    reasons: dict[str, Callable[[Exchange], str | None]] = {
        OK: lambda _: None, DIES: death, GARBLED: lambda one: one.first_wrong, HANGS: standstill,
        REFUSES: refusal,
        NOTHING: lambda _: "the client ended with status 0, the server printed nothing"}
    return reasons[outcome_of(exchange)](exchange)


def death(exchange: Exchange) -> str:
    client = signal_name(exchange.client_status)
    if client:
        return f"the client died of {client}"
    server = signal_name(exchange.server_status)
    return (f"the server died of {server}" if server else
            f"the server ended with status {exchange.server_status}")


def standstill(exchange: Exchange) -> str:
    arrived = "the message arrived, but " if exchange.delivered else ""
    if exchange.hung:
        server, client = (f" in {call}" if call else "" for call in
                          (exchange.server_sleeps_in, exchange.client_sleeps_in))
        return f"{arrived}both stand still: the server{server}, the client{client}"
    return f"{arrived}the client did not end in time"


def refusal(exchange: Exchange) -> str:
    said = exchange.client_said.rpartition("\n")[2].strip() or "nothing"
    return f"the client ended with status {exchange.client_status}: {said[:160]}"
