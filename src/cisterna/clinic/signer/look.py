"""The signer's own reading of an approval: a chain of the texts of events.

It shares no code with the gate. What the gate should have seen to is looked at once more: who
proposed, that another person signed the same, that reasons are there, that the proposer has proven
who she is for exactly these texts, minutes ago.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cisterna.clinic.signer import law
from cisterna.clinic.signer.passkey import People
from cisterna.clinic.signer.refusal import Refusal, demand
from cisterna.pump.link.record import build
from cisterna.pump.link.verbs import Refill
from cisterna.quantity import Quantity, QuantityError

Row = Mapping[str, Any]
MOST_TEXTS = 32
FIELDS = frozenset(
    {
        *("id", "person", "actor", "recorded", "effective", "kind", "body"),
        *("why", "evidence", "device_ms", "corrects"),
    }
)
UNFIT = (KeyError, TypeError, AttributeError, ValueError, RecursionError, QuantityError)
AHEAD = timedelta(seconds=2)
"""How far another process's clock may be ahead of ours on the same machine."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What may be signed: this programme, over this version, in this pump, once (`bound`).

    `second` says that another person signed, `lone` that one person lowers a dose by break-glass.
    `loud` are the findings that were not mere notes, `claimed` the two-person rules it names.
    """

    bound: str
    serial: str
    base: int
    digest: str
    programme: str
    refill: Row | None
    second: bool
    lone: bool
    loud: frozenset[str]
    blocked: bool
    claimed: tuple[str, ...]


def approval(texts: Sequence[str], now: datetime, people: People | None = None) -> Approval:
    """What these texts approve at this moment. Raises `Refusal` for whatever is no approval.

    Where the signer knows the `people`, their own signatures are checked.
    """
    demand(0 < len(texts) <= MOST_TEXTS, "no-approval", "This needs an approval.")
    rows = [row_of(text) for text in texts]
    try:
        found = _approval(texts, rows, now)
        if people is not None:
            _themselves(people, rows)
        return found
    except UNFIT:
        raise Refusal("unreadable", "The texts are no approval.") from None


def row_of(text: str) -> Row:
    """One event's text as a row, if it is the one text of its event. Raises `Refusal`."""
    try:
        row = json.loads(text)
        same = json.dumps(row, sort_keys=True, separators=(",", ":")) == text
    except (ValueError, RecursionError):
        raise Refusal("unreadable", "A text is no event.") from None
    fits = same and isinstance(row, dict) and row.keys() == FIELDS
    demand(fits, "unreadable", "A text is no event.")
    return dict(row)


def _approval(texts: Sequence[str], rows: list[Row], now: datetime) -> Approval:
    order, proposal, reasons, second, proof = _parts(rows)
    body = proposal["body"]
    _one_story(rows, now)
    loud = frozenset(f["code"] for f in body["findings"] if f["severity"] != "note")
    blocks = {f["code"] for f in body["findings"] if f["severity"] == "block"}
    demand(blocks <= law.overridable(), "blocked", "A block that nobody may lift stands.")
    high = bool(loud & law.high())
    _reasoned(proposal, reasons, loud)
    glass = second is not None and second["kind"] == "glass-broken"
    if body["under"] == law.ALONE:
        demand(glass, "glass", "Proposed alone, without breaking the glass.")
        law.may_stop(proposal)
    else:
        law.may_propose(proposal, order, high)
    if second is not None:
        _bound(second, texts, rows)
    approved = second is not None and not glass
    if second is not None and approved:
        _second(second, proposal, high, bool(blocks))
    if second is not None and glass:
        _glass(second, proposal)
    _proven(proof, proposal, texts, rows, now)
    demand(
        hashlib.sha256(body["programme"].encode()).hexdigest() == body["digest"],
        "altered",
        "The programme does not have the digest that was approved.",
    )
    return Approval(
        bound=_digest(texts[:-1]),
        serial=body["serial"],
        base=body["base_version"],
        digest=body["digest"],
        programme=body["programme"],
        refill=_refill(body["refill"]),
        second=approved,
        lone=glass,
        loud=loud,
        blocked=bool(blocks),
        claimed=tuple(body["second"]),
    )


def _parts(rows: list[Row]) -> tuple[Row | None, Row, list[Row], Row | None, Row]:
    """Order?, proposal, reasons, second signature?, proof: in this order and nothing else."""
    left = list(rows)
    order = left.pop(0) if left[0]["kind"] == "change-ordered" else None
    demand(len(left) >= 2, "incomplete", "The approval is not complete.")
    proposal, proof = left.pop(0), left.pop()
    ends = ("change-approved", "glass-broken")
    second = left.pop() if left and left[-1]["kind"] in ends else None
    kinds = [proposal["kind"], *(r["kind"] for r in left), proof["kind"]]
    wanted = ["change-proposed", *("reason-given" for _ in left), "reauthenticated"]
    demand(kinds == wanted, "incomplete", "The events are not those of one approval.")
    return order, proposal, left, second, proof


def _one_story(rows: list[Row], now: datetime) -> None:
    """One person, every event once, one after the other, none in the future."""
    demand(len({r["person"] for r in rows}) == 1, "other-person", "Two persons in one approval.")
    demand(len({r["id"] for r in rows}) == len(rows), "unreadable", "An event stands twice.")
    times = [datetime.fromisoformat(r["recorded"]) for r in rows]
    demand(times == sorted(times), "order", "The events do not follow one another in time.")
    demand(times[-1] <= now + AHEAD, "future", "The approval comes from the future.")


def _reasoned(proposal: Row, reasons: list[Row], loud: frozenset[str]) -> None:
    given: set[str] = set()
    for reason in reasons:
        own = reason["body"]["proposal"] == proposal["id"]
        same = law.who(reason) == law.who(proposal)
        demand(own and same and bool(reason["why"].strip()), "reason", "A reason does not belong.")
        given |= set(reason["body"]["codes"])
    demand(loud <= given, "reason", "A finding has no reason.")


def _second(second: Row, proposal: Row, high: bool, blocked: bool) -> None:
    """Another person, in time, who read the same and typed the dose where a block is lifted."""
    body, meant = second["body"], proposal["body"]
    other = law.who(second) != law.who(proposal)
    demand(other, "same-person", "Proposer and second signer are the same person.")
    law.may_second(second, high)
    own = body["proposal"] == proposal["id"] and body["digest"] == meant["digest"]
    demand(own, "altered", "The second person signed another programme.")
    remote = body["remote"]
    demand(remote is None or bool(remote.strip()), "no-note", "A remote signature has no note.")
    age = datetime.fromisoformat(second["recorded"]) - datetime.fromisoformat(proposal["recorded"])
    demand(age <= law.span("second_signer"), "too-late", "The second signature came too late.")
    if blocked:
        typed = body["typed_dose"]
        same = typed is not None and Quantity.parse(typed) == Quantity.parse(meant["dose"])
        demand(same, "typed-dose", "The dose was not typed again.")


def _glass(glass: Row, proposal: Row) -> None:
    own = glass["body"]["proposal"] == proposal["id"] and law.who(glass) == law.who(proposal)
    demand(own and bool(glass["why"].strip()), "glass", "The glass was broken for something else.")


def _proven(
    proof: Row, proposal: Row, texts: Sequence[str], rows: list[Row], now: datetime
) -> None:
    _bound(proof, texts, rows)
    demand(proof["actor"] == proposal["actor"], "other-person", "Another person proved herself.")
    since = datetime.fromisoformat(proof["recorded"])
    until = min(datetime.fromisoformat(proof["body"]["until"]), since + law.span("fresh"))
    demand(now < until, "stale", "The re-authentication has lapsed.")


def _bound(signature: Row, texts: Sequence[str], rows: list[Row]) -> None:
    before = texts[: rows.index(signature)]
    fits = signature["body"]["binds"] == _digest(before)
    demand(fits, "altered", "What was signed is not what is shown here.")


def _refill(row: Row | None) -> Row | None:
    """A refill in whole numbers that the pump would take, or none."""
    if row is not None:
        build(Refill, dict(row))
    return row


def _themselves(people: People, rows: list[Row]) -> None:
    """Who ordered, who signed second and who sends have each touched their own key."""
    for row in rows:
        if row["kind"] in ("change-approved", "reauthenticated"):
            people.check(row, row["body"]["binds"])
        elif row["kind"] == "change-ordered":
            people.check(row, row["body"]["prescription"])


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
