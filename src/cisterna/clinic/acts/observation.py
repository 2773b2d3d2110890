"""After the operation: looks at the nerves and for the opioid, red flags, and the way home."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.bodies.implant import (
    Discharged,
    EmergencyContactGiven,
    ImplantObserved,
    NerveFlagClosed,
    NerveFlagRaised,
    Neuro,
    OperationRecorded,
    StayNoted,
    Vitals,
)
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.refusal import Refused
from cisterna.clinic.watch import open_flags, watches
from cisterna.quantity import Quantity

_WATCH = "pathway §4, Post-op watch"
IMPLANTED = (
    *(Place.IMPLANTED_OBSERVATION, Place.TITRATION, Place.MAINTENANCE, Place.REFILL),
    *(Place.ADJUST, Place.MRI_HOLD, Place.TROUBLESHOOTING, Place.EMERGENCY),
    *(Place.REVISION_PLANNED,),
)


@act("observe-after-implant", Place.IMPLANTED_OBSERVATION)
def observe_after_implant(case: Case, asked: ImplantObserved) -> Iterator[Any]:
    """Record one look; new weakness, numbness or loss of sphincters raises the red flag."""
    if asked.neuro is None and asked.vitals is None:
        text = "A look sees the nerves, the vital signs, or both."
        raise Refused("nothing-seen", text, "Record what was seen.", source=_WATCH)
    operation = case.person.last(OperationRecorded, None)
    check_seen(case, asked.seen, None if operation is None else operation.body.closed)
    if asked.vitals is not None:
        _check_vitals(asked.vitals)
    yield asked
    if asked.neuro is not None:
        yield from raised(case, asked.neuro, asked.seen)


def check_seen(case: Case, seen: datetime, after: datetime | None = None) -> None:
    """Raise `Refused` for a look without its offset, in the future, or before `after`."""
    if seen.utcoffset() is None or seen > case.at or (after is not None and seen < after):
        text = "It was seen at a time with its offset, after the operation, not in the future."
        raise Refused("wrong-time", text, "Give the time.", source=_WATCH)


def _check_vitals(found: Vitals) -> None:
    if not found.sedation.strip() or found.breaths < 0 or not 0 <= found.oxygen <= 100:
        text = "Sedation in words, breaths a minute, and oxygen from 0 to 100 per cent."
        raise Refused("vitals", text, "Give all three.", source="pathway §3.1, §4")


def raised(case: Case, found: Neuro, seen: datetime) -> Iterator[NerveFlagRaised]:
    """The red flag of a look that found something new."""
    if found.found:
        card, _ = case.rules.red_flag("nerves")
        yield NerveFlagRaised(card, found.found, seen)


@act("close-flag", *IMPLANTED)
def close_flag(case: Case, asked: NerveFlagClosed) -> Iterator[Any]:
    """Close a red flag with what the imaging showed."""
    if asked.flag not in {f.id for f in open_flags(case.person)}:
        text = f"{asked.flag[:40]!r} is no open red flag."
        raise Refused("no-flag", text, "Look at the open ones.", source="pathway §6.4")
    if not (asked.imaging.strip() and asked.says.strip()):
        text = "A red flag is closed with the imaging and what it showed."
        raise Refused("words-missing", text, "Write both.", source="pathway §4; §7 card K")
    yield asked


@act("give-emergency-contact")
def give_emergency_contact(case: Case, asked: EmergencyContactGiven) -> Iterator[Any]:
    """Record whom to call about her."""
    if not (asked.name.strip() and asked.reach.strip()):
        text = "A contact has a name and a way to be reached."
        raise Refused("words-missing", text, "Write both.", source="pathway §1.5 PW-044")
    yield asked


@act("discharge", Place.IMPLANTED_OBSERVATION)
def discharge(case: Case, asked: str) -> Iterator[Any]:
    """Let her go home and titrate; looks that were missed ask for a reason."""
    for watch in watches(case.person, case.rules):
        if missed := watch.missed(case.at):
            text = f"{len(missed)} of {len(watch.slots)} looks ({watch.name}) are missing."
            case.need_why(text, watch.source)
    yield _left(case, asked)
    yield Place.TITRATION


def _left(case: Case, says: str) -> Discharged:
    """The stay in days of the calendar; an unusual one asks for a note and is no error."""
    operation = case.person.last(OperationRecorded, None)
    if operation is None:
        text = "No operation is on record."
        raise Refused("no-operation", text, "Record it.", source="pathway §4")
    days = (case.at.date() - operation.body.closed.astimezone(case.at.tzinfo).date()).days
    usual = case.rules.figure("stay")
    stay = Quantity.of(days, "day")
    return Discharged(days, usual.least <= stay <= usual.most, says)


@act("note-stay", *IMPLANTED)
def note_stay(case: Case, asked: StayNoted) -> Iterator[Any]:
    """Note why the stay was shorter or longer than usual."""
    if not asked.says.strip():
        text = "A note has words."
        raise Refused("words-missing", text, "Write them.", source="pathway §1.6 PW-053")
    yield asked
