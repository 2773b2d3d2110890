"""A report is triaged by rule; an emergency is opened from anywhere, and closed to one place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import facts, need_words, refuse
from cisterna.clinic.bodies.emergency import (
    EmergencyClosed,
    EmergencyOpened,
    ReportAnswered,
    ReportTriaged,
)
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.reports import open_reports
from cisterna.clinic.since import AFTER_IMPLANT, drugs_on_record
from cisterna.clinic.triage import Level, triage
from cisterna.facts import Cards
from cisterna.facts.library import known

_TRIAGE = "pathway §6.4"
_GOES_ON = (
    *(Place.MAINTENANCE, Place.TITRATION, Place.IMPLANTED_OBSERVATION),
    *(Place.TROUBLESHOOTING, Place.REVISION_PLANNED),
)


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports; without `drugs` those on record are taken."""

    findings: tuple[str, ...]
    says: str = ""
    drugs: tuple[str, ...] = ()
    breaths: int | None = None


@act("triage-report")
def triage_report(case: Case, asked: Report) -> Iterator[Any]:
    """Triage a report; with a pump in place a red one opens the emergency at once."""
    if not asked.findings and asked.breaths is None:
        refuse("nothing-reported", "Nothing is reported.", "Name what was found.", _TRIAGE)
    yield from triaged(case, asked)


@act("answer-report")
def answer_report(case: Case, asked: ReportAnswered) -> Iterator[Any]:
    """Take up what was reported from home, and say what came of it."""
    known(asked.report, [said.id for said in open_reports(case.person)], "open report")
    need_words(asked.says, "what was done", _TRIAGE)
    yield asked


def triaged(case: Case, asked: Report) -> Iterator[Any]:
    """The events of one report: what the rules say, and the emergency where they say red."""
    drugs = asked.drugs or drugs_on_record(case.person)
    found = triage(asked.findings, drugs, case.rules.library, asked.breaths)
    about = found.findings, drugs, str(found.level), found.act, found.cards, found.version
    yield ReportTriaged(*about, asked.says)
    if found.level is Level.RED:
        yield from opened(case, found.cards, asked.says or ", ".join(found.because))


def slow_breathing(case: Case, breaths: int | None) -> bool:
    """Whether so many breaths a minute are slow."""
    return breaths is not None and breaths <= Cards(case.rules.library).breaths.most.number("1/min")


def opened(case: Case, cards: Iterable[str], says: str) -> Iterator[Any]:
    """An emergency, where a pump is in place; one that is open is not opened again."""
    if case.person.place not in AFTER_IMPLANT:
        return
    yield EmergencyOpened(tuple(cards), says)
    if case.person.place is not Place.EMERGENCY:
        yield Place.EMERGENCY


@act("open-emergency", *AFTER_IMPLANT)
def open_emergency(case: Case, asked: EmergencyOpened) -> Iterator[Any]:
    """Open an emergency from wherever she stands, with the cards that fit."""
    need_words(asked.says, "what has happened", _TRIAGE)
    for card in asked.cards:
        known(card, Cards(case.rules.library).ids(), "emergency card")
    yield from opened(case, asked.cards, asked.says)


@act("close-emergency", Place.EMERGENCY)
def close_emergency(case: Case, asked: EmergencyClosed) -> Iterator[Any]:
    """Close it: what it was, what was done, how she is, where she goes on; no further than before.

    Back to titration or maintenance only with a pump that was read since, and runs what is known.
    """
    need_words(asked.was, "what it was", "pathway §7")
    need_words(asked.done, "what was done", "pathway §7")
    if asked.goes_on not in _GOES_ON:
        text = f"An emergency does not go on to {asked.goes_on}."
        refuse("no-such-step", text, f"One of: {', '.join(_GOES_ON)}.", "pathway §1.7")
    outcomes = [w for w in facts(case).words("adverse.outcome") if w != "fatal"]
    known(asked.outcome, outcomes, "outcome")
    yield asked
    yield asked.goes_on
