"""She decides who may see and do what for her, and who may follow her calendar."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import EVERYWHERE, Case, act
from cisterna.clinic.acts.asked import check_ahead, need_words, once, refuse
from cisterna.clinic.bodies.delegation import (
    AccessChanged,
    AccessEnded,
    AccessGiven,
    CalendarEnded,
    CalendarShared,
)
from cisterna.clinic.delegated import RIGHTS, access, calendar_link
from cisterna.clinic.event import Role
from cisterna.facts.access import span
from cisterna.facts.library import known

_SOURCE = "pathway §1.6 PW-057, caregiver access; §8, only if delegated"


@act("give-access", *EVERYWHERE)
def give_access(case: Case, asked: AccessGiven) -> Iterator[Any]:
    """Let somebody who cares for her see and do these things."""
    _check_hers(case)
    need_words(asked.who, "who", _SOURCE)
    if asked.who in access(case.person):
        text = f"{asked.who} has access already."
        refuse("has-access", text, "Change it, or end it.", _SOURCE)
    _check_rights(asked.rights)
    yield asked


@act("change-access", *EVERYWHERE)
def change_access(case: Case, asked: AccessChanged) -> Iterator[Any]:
    """Say anew what she may see and do."""
    _check_hers(case)
    _check_has(case, asked.who)
    _check_rights(asked.rights)
    yield asked


@act("end-access", *EVERYWHERE)
def end_access(case: Case, asked: AccessEnded) -> Iterator[Any]:
    """End it; it counts from the next page on."""
    _check_hers(case)
    _check_has(case, asked.who)
    yield asked


def _check_hers(case: Case) -> None:
    """Staff set it only for somebody who cannot, and say why."""
    if case.actor.role is not Role.PATIENT:
        case.need_why("Access is set by herself; staff set it for who cannot.", _SOURCE)


def _check_has(case: Case, who: str) -> None:
    if who not in access(case.person):
        refuse("no-access", f"{who[:40]!r} has no access.", "Give it first.", _SOURCE)


def _check_rights(rights: tuple[str, ...]) -> None:
    if not rights:
        refuse("no-rights", "Nothing is chosen.", "Choose what, or end the access.", _SOURCE)
    once(rights, "right", _SOURCE)
    for name in rights:
        known(name, RIGHTS, "right of a caregiver")


@act("share-calendar", *EVERYWHERE)
def share_calendar(case: Case, asked: CalendarShared) -> Iterator[Any]:
    """Make a link to her calendar; the one before it ends."""
    source = "safety §4.2(b): a link ends; the figure is ours"
    check_ahead(case, asked.until, source)
    most = span("calendar_link")
    if asked.until > case.at + most:
        text = f"A link is good for {most.days} days at most."
        refuse("too-long", text, "Take an earlier day.", source, f"{most.days} days")
    yield asked


@act("end-calendar", *EVERYWHERE)
def end_calendar(case: Case, asked: CalendarEnded) -> Iterator[Any]:
    """End the link to her calendar."""
    if calendar_link(case.person) is None:
        refuse("no-link", "There is no link.", "Nothing is to be ended.", _SOURCE)
    yield asked
