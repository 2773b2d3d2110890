"""A pharmacist confirms or narrows a value of the facts for the site, and takes that back.

Whom to call in an emergency is said on the same record.

A confirmed value counts as read. A site may tighten a limit; it may never loosen one.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import need_words, refuse
from cisterna.clinic.bodies.site import ConfirmationWithdrawn, TelephonesGiven, ValueConfirmed
from cisterna.clinic.formulary import SITE, site_of
from cisterna.facts.library import known, rows
from cisterna.facts.site import Confirmation, SiteRefused

_SOURCE = "the site's formulary"
_CARDS = "pathway §7, common head: on-call, poison centre"
_LONGEST = 60
_NUMBER = re.compile(r"[0-9+*#()/., -]*[0-9][0-9+*#()/., a-z-]*")
"""Digits, what stands between them, and a word after them, such as an extension."""


@act("confirm-value", None)
def confirm_value(case: Case, asked: ValueConfirmed) -> Iterator[Any]:
    """Confirm a value as it stands, or narrow it, from one's own copy of the source."""
    _of_the_site(case)
    need_words(asked.origin, "what it was read in", _SOURCE)
    case.need_why("A value of the site has its reason.", _SOURCE)
    row = facts()[known(asked.fact, facts(), "fact")]
    if asked.fact.startswith("access."):
        text = "How long a sign-in lasts is no value of the formulary."
        refuse("not-clinical", text, "Leave it as it is shipped.", _SOURCE)
    rest = asked.low, asked.high, case.actor.who, case.at.date(), asked.origin
    try:
        Confirmation(asked.fact, *rest).over(row)
    except SiteRefused as why:
        text = str(why).removeprefix(f"site file, {asked.fact}: ")
        refuse("looser", f"{text}.", "Keep inside the shipped value, or report it.", _SOURCE)
    if asked.low.dimension != asked.high.dimension:
        refuse("other-kind", "The two ends are of different kinds.", "Give both alike.", _SOURCE)
    if asked.low > asked.high:
        refuse("turned-round", "The lower end is above the upper one.", "Turn them.", _SOURCE)
    if asked.low.base < 0:
        refuse("below-zero", "A value below zero is none.", "Look at the number.", _SOURCE)
    yield asked


@act("withdraw-value", None)
def withdraw_value(case: Case, asked: ConfirmationWithdrawn) -> Iterator[Any]:
    """Let the shipped value hold again."""
    _of_the_site(case)
    case.need_why("Taking a value of the site back has its reason.", _SOURCE)
    if asked.fact not in site_of(case.person).confirmations:
        refuse("not-confirmed", "The site has no value of its own here.", "See the list.", _SOURCE)
    yield asked


@act("give-telephones", None)
def give_telephones(case: Case, asked: TelephonesGiven) -> Iterator[Any]:
    """Say whom to call; every number is given anew, and an empty one is not known."""
    _of_the_site(case)
    need_words(asked.of, "which clinic", _CARDS)
    for what in ("clinic", "on_call", "poison_centre"):
        number = getattr(asked, what).strip()
        if number and (len(number) > _LONGEST or not _NUMBER.fullmatch(number.lower())):
            text = f"{number[:40]!r} is no telephone number ({what.replace('_', ' ')})."
            refuse("no-number", text, "Write digits, as +44 20 7946 0958 ext 12.", _CARDS)
    yield asked


@cache
def facts() -> Mapping[str, Mapping[str, Any]]:
    """Every cited value as it was shipped, by its path."""
    return dict(rows())


def _of_the_site(case: Case) -> None:
    if case.person.id != SITE:
        text = "A value is confirmed for the site, not for a person."
        refuse("not-of-a-person", text, "Open the library.", _SOURCE)
