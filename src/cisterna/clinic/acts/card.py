"""The emergency card that she carries: a secret address that ends, and that she can end."""

import re
from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import refuse
from cisterna.clinic.bodies.hers import CardEnded, CardIssued
from cisterna.clinic.course import Person, Said
from cisterna.quantity import later

_CARD = "pathway §7"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def cards_good(person: Person) -> tuple[Said[CardIssued], ...]:
    """The cards that nobody has ended, oldest first; some may have run out."""
    ended = {e.body.digest for e in person.every(CardEnded, None)}
    return tuple(c for c in person.every(CardIssued, None) if c.body.digest not in ended)


@act("issue-card")
def issue_card(case: Case, asked: CardIssued) -> Iterator[Any]:
    """Issue a card; it ends by itself no later than the facts say."""
    if not _DIGEST.fullmatch(asked.digest):
        refuse("unreadable", "A card is named by a SHA-256 digest.", "Issue it anew.", _CARD)
    if asked.digest in {c.body.digest for c in case.person.every(CardIssued, None)}:
        refuse("same-card", "This card is on record already.", "Issue another.", _CARD)
    fact = case.rules.figure("card_lasts")
    if not case.at < asked.until <= later(case.at, fact.value):
        words = f"A card lasts {fact.text()} at most."
        refuse("wrong-time", words, "Let it end earlier.", fact.locator)
    yield asked


@act("end-card")
def end_card(case: Case, asked: CardEnded) -> Iterator[Any]:
    """End a card: its address opens nothing from now on."""
    if asked.digest not in {c.body.digest for c in cards_good(case.person)}:
        refuse("no-such-card", "There is no such card.", "Look at her cards.", _CARD)
    yield asked
