"""The rules of signing as the signer reads them: the same data, with code of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from cisterna.clinic.signer.refusal import demand
from cisterna.facts import table
from cisterna.quantity import Quantity

Row = Mapping[str, Any]
SITE = "@site"
"""Whose record the clinic's own values stand on."""
ALONE = "alone"
"""What a decrease by break-glass rests on."""


@cache
def span(name: str) -> timedelta:
    """A time of the rules, such as `fresh`."""
    row = table("signing")[name]
    return _time(Quantity.of(row["value"], row["unit"]))


@dataclass(frozen=True, slots=True)
class Spans:
    """The times of the rules as the clinic has them: what it has said, and never longer ones."""

    said: Mapping[str, timedelta] = field(default_factory=dict)

    def of(self, name: str) -> timedelta:
        """A time, such as `fresh`: the shorter of the shipped one and the site's own."""
        return min(span(name), self.said.get(name, span(name)))


def spans_of(rows: Iterable[Row]) -> Spans:
    """The times that the clinic's own record says, the latest word on each.

    A clinic's server that leaves a row out, or makes one up, gets no time that is longer than the
    shipped one.
    """
    said: dict[str, timedelta] = {}
    for row in rows:
        room, _, name = str(row["body"]["fact"]).partition(".")
        if row["person"] != SITE or room != "signing":
            continue
        if row["kind"] == "value-confirmed":
            said[name] = _time(Quantity.parse(row["body"]["high"]))
        elif row["kind"] == "confirmation-withdrawn":
            said.pop(name, None)
    return Spans(said)


def _time(value: Quantity) -> timedelta:
    return timedelta(milliseconds=int(value.number("ms")))


def overridable() -> frozenset[str]:
    """The blocks that a second person may lift."""
    return frozenset(table("signing")["override"]["codes"])


def high() -> frozenset[str]:
    """The findings above a range, or against a contraindication."""
    rules = table("signing")["rule"]
    return frozenset((*rules["above-range"]["codes"], *rules["contraindication"]["codes"]))


def calling() -> frozenset[str]:
    """Every finding that calls for a second person."""
    return frozenset(code for rule in table("signing")["rule"].values() for code in rule["codes"])


def two_for(verb: str) -> bool:
    """Whether a deed by hand needs a second person whatever was found."""
    return any(verb in rule.get("verbs", ()) for rule in table("signing")["rule"].values())


def who(row: Row) -> str:
    """The person behind an event, however her name is typed."""
    return name_of(str(row["actor"]["who"]))


def name_of(who: str) -> str:
    """A name as it is compared: one person has one."""
    return " ".join(who.casefold().split())


def may_propose(
    proposal: Row, order: Row | None, high_dose: bool, names: str, act: str = "change"
) -> None:
    """Raise `Refusal` unless the proposer's role may, on an order where it needs one.

    `names` is what such an order has to name.
    """
    leave = _leave(act, proposal)
    if high_dose:
        leave = _leave("above-range", proposal) and leave
    demand(leave is not None, "role", "The proposer's role may not propose this.")
    under = proposal["body"]["under"]
    if leave == "privilege":
        demand(bool(under.strip()), "no-privilege", "The privilege is not named.")
    if leave == "order":
        fits = (
            order is not None
            and order["id"] == under
            and order["actor"]["role"] == "physician"
            and order["body"]["prescription"] == names
        )
        demand(fits, "no-order", "No physician ordered this prescription.")


def may_stop(proposal: Row) -> None:
    """Raise `Refusal` unless the proposer's role may lower a dose alone."""
    demand(_leave("stop", proposal) is not None, "role", "This role lowers no dose alone.")


def may_raise_patient_dose(role: str) -> bool:
    """Whether this role may enable or raise the patient's dose."""
    return bool(table("signing")["act"]["patient-dose"].get(role) == "yes")


def may_second(second: Row, high_dose: bool) -> None:
    """Raise `Refusal` unless the second signer's role may sign this."""
    leave = _leave("second-above-range" if high_dose else "second", second)
    demand(leave is not None, "role", "The second signer's role may not sign this.")
    if leave == "privilege":
        demand(bool(second["body"]["under"].strip()), "no-privilege", "The privilege is not named.")


def _leave(act: str, row: Row) -> str | None:
    found = table("signing")["act"][act].get(row["actor"]["role"])
    return found if found in ("yes", "privilege", "order") else None
