"""How to speak to her, and the link to her dates."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import EVERYWHERE, Case, act
from cisterna.clinic.acts.asked import check_ahead, need_words, refuse
from cisterna.clinic.bodies.reach import CalendarEnded, CalendarShared, LanguageStated
from cisterna.clinic.reach import calendar_link
from cisterna.facts.access import span

_LINK = "safety §4.2(b): a link ends; the figure is ours"


@act("state-language", *EVERYWHERE)
def state_language(case: Case, asked: LanguageStated) -> Iterator[Any]:
    """Say which language she wants to be spoken to in, and whether an interpreter is needed."""
    need_words(asked.language, "the language", "pathway §1.6 PW-057")
    yield asked


@act("share-calendar", *EVERYWHERE)
def share_calendar(case: Case, asked: CalendarShared) -> Iterator[Any]:
    """Make a link to her dates; the one before it ends."""
    check_ahead(case, asked.until, _LINK)
    most = span("calendar_link")
    if asked.until > case.at + most:
        text = f"A link is good for {most.days} days at most."
        refuse("too-far", text, "Take an earlier day.", _LINK, f"{most.days} days")
    yield asked


@act("end-calendar", *EVERYWHERE)
def end_calendar(case: Case, asked: CalendarEnded) -> Iterator[Any]:
    """End the link to her dates."""
    if calendar_link(case.person) is None:
        refuse("no-link", "There is no link.", "Nothing is to be ended.", _LINK)
    yield asked
