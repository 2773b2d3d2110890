"""What the acts of the follow-up ask of their input alike: words, times, doses, known names."""

from collections.abc import Iterable
from datetime import datetime
from typing import NoReturn

from cisterna.clinic.acts.act import Case
from cisterna.clinic.bodies.visit import DrugDose
from cisterna.clinic.refusal import Refused
from cisterna.clinic.since import AFTER_IMPLANT
from cisterna.facts import Follow
from cisterna.facts.library import known
from cisterna.quantity import DOSE_RATE, show


def facts(case: Case) -> Follow:
    """The rules of the follow-up under this case's library."""
    return Follow(case.rules.library)


def refuse(code: str, message: str, way_out: str, source: str, limit: str = "") -> NoReturn:
    """Raise `Refused`."""
    raise Refused(code, message, way_out, limit=limit, source=source)


def need_words(text: str, what: str, source: str) -> None:
    """Raise `Refused` where something that has to be said is blank."""
    if not text.strip():
        refuse("words-missing", f"Missing: {what}.", "Write it.", source)


def check_seen(case: Case, seen: datetime, source: str) -> None:
    """Raise `Refused` for a time without an offset, or one in the future."""
    if seen.utcoffset() is None or seen > case.at:
        text = "It was at a time with its offset, not in the future."
        refuse("wrong-time", text, "Give the time.", source)


def check_ahead(case: Case, due: datetime, source: str) -> None:
    """Raise `Refused` for a time without an offset, or one that has passed."""
    if due.utcoffset() is None or due < case.at:
        text = "It is due at a time with its offset that has not passed."
        refuse("wrong-time", text, "Give the time.", source)


def check_doses(case: Case, now: tuple[DrugDose, ...], source: str) -> None:
    """Raise `Refused` for doses that are none, for a drug named twice, or none after an implant."""
    if not now and case.person.place in AFTER_IMPLANT:
        text = "With a pump in place the doses of that moment belong to it."
        refuse("no-dose", text, "Take the doses from the pump's programme.", source)
    for dose in now:
        known(dose.drug, case.rules.library.drug_ids, "drug")
        if dose.per_day.dimension != DOSE_RATE or dose.per_day.base < 0:
            text = f"{show(dose.per_day)} is no daily dose, such as 1.2 mg/day."
            refuse("wrong-kind", text, "Write the dose for each day.", source)
    once([d.drug for d in now], "drug", source)


def once(names: Iterable[str], what: str, source: str) -> None:
    """Raise `Refused` where a name comes twice."""
    found = list(names)
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        refuse("twice", f"{what.capitalize()} twice: {', '.join(twice)}.", "Say it once.", source)
