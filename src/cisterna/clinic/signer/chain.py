"""The texts of an approval as the signer reads them: who proposed, gave reasons, signed, proved.

An approval is a chain of events: an order where there is one, the proposal, its reasons, a second
signature where there is one, and the proof of who sends. What is looked at here is the same for a
change of programme (`look`) and for what is done by hand (`deed`).
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
class Chain:
    """The events of one approval, as rows beside their texts.

    `loud` are the findings that were not mere notes, `blocks` those that block.
    """

    texts: Sequence[str]
    rows: Sequence[Row]
    order: Row | None
    proposal: Row
    reasons: Sequence[Row]
    second: Row | None
    proof: Row
    loud: frozenset[str]
    blocks: frozenset[str]
    spans: law.Spans

    @property
    def high(self) -> bool:
        """Whether a finding is above a range, or against a contraindication."""
        return bool(self.loud & law.high())

    @property
    def glass(self) -> bool:
        """Whether the glass was broken in place of a second signature."""
        return self.second is not None and self.second["kind"] == "glass-broken"

    @property
    def bound(self) -> str:
        """The digest that the approval is spent under."""
        return _digest(self.texts[:-1])


def chain_of(
    texts: Sequence[str], kind: str, now: datetime, spans: law.Spans | None = None
) -> Chain:
    """The chain of these texts, whose proposal is of a kind: whole, in time, reasons given.

    Raises `Refusal`, and one of `UNFIT` for whatever is no approval.
    """
    demand(0 < len(texts) <= MOST_TEXTS, "no-approval", "This needs an approval.")
    rows = [row_of(text) for text in texts]
    order, proposal, reasons, second, proof = _parts(rows, kind)
    found = proposal["body"]["findings"]
    loud = frozenset(f["code"] for f in found if f["severity"] != "note")
    blocks = frozenset(f["code"] for f in found if f["severity"] == "block")
    _one_story(rows, now)
    demand(blocks <= law.overridable(), "blocked", "A block that nobody may lift stands.")
    _reasoned(proposal, reasons, loud)
    spans = spans or law.Spans()
    return Chain(texts, rows, order, proposal, reasons, second, proof, loud, blocks, spans)


def check_second(c: Chain) -> None:
    """Raise `Refusal` unless a second signature, where there is one, is right."""
    if c.second is not None:
        _bound(c.second, c.texts, c.rows)
        if not c.glass:
            _second(c, c.second)


def check_proof(c: Chain, now: datetime, people: People | None) -> None:
    """Raise `Refusal` unless the proposer has just proven who she is, for exactly this."""
    _proven(c, now)
    if people is not None:
        _themselves(people, c.rows)


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


def _parts(rows: Sequence[Row], kind: str) -> tuple[Row | None, Row, list[Row], Row | None, Row]:
    """Order?, proposal, reasons, second signature?, proof: in this order and nothing else."""
    left = list(rows)
    order = left.pop(0) if left[0]["kind"] == "change-ordered" else None
    demand(len(left) >= 2, "incomplete", "The approval is not complete.")
    proposal, proof = left.pop(0), left.pop()
    ends = ("change-approved", "glass-broken")
    second = left.pop() if left and left[-1]["kind"] in ends else None
    kinds = [proposal["kind"], *(r["kind"] for r in left), proof["kind"]]
    wanted = [kind, *("reason-given" for _ in left), "reauthenticated"]
    demand(kinds == wanted, "incomplete", "The events are not those of one approval.")
    return order, proposal, left, second, proof


def _one_story(rows: Sequence[Row], now: datetime) -> None:
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


def _second(c: Chain, second: Row) -> None:
    """Another person, in time, who read the same and typed the dose where a block is lifted."""
    proposal = c.proposal
    body, meant = second["body"], proposal["body"]
    other = law.who(second) != law.who(proposal)
    demand(other, "same-person", "Proposer and second signer are the same person.")
    law.may_second(second, c.high)
    own = body["proposal"] == proposal["id"] and body["digest"] == meant["digest"]
    demand(own, "altered", "The second person signed another programme.")
    remote = body["remote"]
    demand(remote is None or bool(remote.strip()), "no-note", "A remote signature has no note.")
    age = datetime.fromisoformat(second["recorded"]) - datetime.fromisoformat(proposal["recorded"])
    demand(age <= c.spans.of("second_signer"), "too-late", "The second signature came too late.")
    if c.blocks:
        typed = body["typed_dose"]
        same = typed is not None and Quantity.parse(typed) == Quantity.parse(meant["dose"])
        demand(same, "typed-dose", "The dose was not typed again.")


def _proven(c: Chain, now: datetime) -> None:
    proof = c.proof
    _bound(proof, c.texts, c.rows)
    demand(proof["actor"] == c.proposal["actor"], "other-person", "Another person proved herself.")
    since = datetime.fromisoformat(proof["recorded"])
    until = min(datetime.fromisoformat(proof["body"]["until"]), since + c.spans.of("fresh"))
    demand(now < until, "stale", "The re-authentication has lapsed.")


def _bound(signature: Row, texts: Sequence[str], rows: Sequence[Row]) -> None:
    before = texts[: rows.index(signature)]
    fits = signature["body"]["binds"] == _digest(before)
    demand(fits, "altered", "What was signed is not what is shown here.")


def _themselves(people: People, rows: Sequence[Row]) -> None:
    """Who ordered, who signed second and who sends have each touched their own key."""
    for row in rows:
        if row["kind"] in ("change-approved", "reauthenticated"):
            people.check(row, row["body"]["binds"])
        elif row["kind"] == "change-ordered":
            people.check(row, row["body"]["prescription"])


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
