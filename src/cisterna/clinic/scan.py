"""Where a scan stands, folded from the record, and what is left to do (pathway §6.7)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from cisterna.clinic.bodies.mri import (
    ScanCancelled,
    ScanCleared,
    ScanClosed,
    ScanEnded,
    ScanInterrogated,
    ScanPrepared,
    ScanRequested,
)
from cisterna.clinic.course import Person
from cisterna.clinic.since import Due
from cisterna.facts import Follow, Library
from cisterna.facts.follow import ScanRule
from cisterna.quantity import later


class Stage(StrEnum):
    """How far a scan has come."""

    REQUESTED = "requested"
    CLEARED = "cleared"
    PREPARED = "prepared"
    SCANNED = "scanned"
    INTERROGATED = "interrogated"
    RESUMED = "resumed"
    CANCELLED = "cancelled"


class Late(StrEnum):
    """How overdue the interrogation after a scan is."""

    NO = "no"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan: `looks` are the interrogations since the preparation, in order."""

    requested: ScanRequested
    stage: Stage = Stage.REQUESTED
    cleared: ScanCleared | None = None
    prepared: ScanPrepared | None = None
    ended: datetime | None = None
    looks: tuple[ScanInterrogated, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the pump is not known to run: from the preparation until the scan is closed."""
        return self.stage in (Stage.PREPARED, Stage.SCANNED, Stage.INTERROGATED)


def scan_of(person: Person) -> Scan | None:
    """The latest scan, if one was ever asked for."""
    found: Scan | None = None
    for event in person.events:
        body = event.body
        if isinstance(body, ScanRequested):
            found = Scan(body)
        elif found is not None:
            found = _after(found, body)
    return found


def _after(scan: Scan, body: object) -> Scan:
    stage = _STAGES.get(type(body))
    found = scan if stage is None else replace(scan, stage=stage)
    match body:
        case ScanCleared():
            found = replace(found, cleared=body)
        case ScanPrepared():
            found = replace(found, prepared=body, looks=())
        case ScanEnded(ended):
            found = replace(found, ended=ended, looks=())
        case ScanInterrogated():
            found = replace(found, looks=(*scan.looks, body))
    return found


_STAGES: dict[type[Any], Stage] = {
    ScanCleared: Stage.CLEARED,
    ScanPrepared: Stage.PREPARED,
    ScanEnded: Stage.SCANNED,
    ScanInterrogated: Stage.INTERROGATED,
    ScanClosed: Stage.RESUMED,
    ScanCancelled: Stage.CANCELLED,
}


def rule_for(scan: Scan, library: Library) -> ScanRule | None:
    """What the facts ask for the pump of a cleared scan."""
    if scan.cleared is None:
        return None
    return Follow(library).scan(library.pump(scan.cleared.pump).family)


def missing_after(scan: Scan, library: Library) -> tuple[str, ...]:
    """What the interrogations have not shown yet, in words; nothing, where it may be closed.

    The latest one has to show all of it: a pump that ran first and stalled then does not run.
    """
    rule = rule_for(scan, library)
    if rule is None:
        return ("cleared for no pump",)
    facts, seen = Follow(library), set(scan.looks[-1].found) if scan.looks else set()
    asked = rule.after if scan.ended else tuple(i for i in rule.after if i in _WITHOUT_SCAN)
    needed = rule.interrogations if scan.ended else 1
    few = () if len(scan.looks) >= needed else (f"{len(scan.looks)} of {needed} interrogations",)
    return (*few, *(facts.scan_word(item) for item in asked if item not in seen))


# Where no scan was made there is no stall to be found and no valve that shut.
_WITHOUT_SCAN = ("motor-running", "refilled")


def overdue(scan: Scan, at: datetime, library: Library) -> Late:
    """How late the interrogation is that shows the motor running after a scan."""
    running = any("motor-running" in look.found for look in scan.looks)
    if scan.ended is None or not scan.holds or running:
        return Late.NO
    facts = Follow(library)
    amber, red = (later(scan.ended, facts.figure(f"scan_overdue.{k}").value) for k in _LATE)
    baclofen = scan.cleared is not None and "baclofen" in scan.cleared.drugs
    if baclofen and at >= red:
        return Late.RED
    return Late.AMBER if at >= amber else Late.NO


_LATE = ("amber", "red")


def scan_tasks(person: Person, library: Library, at: datetime) -> Iterator[Due]:
    """What the scan that is under way asks for: it stays on the list until it is closed."""
    scan = scan_of(person)
    if scan is None or scan.stage in (Stage.RESUMED, Stage.CANCELLED):
        return
    if not scan.holds:
        step = "clear" if scan.stage is Stage.REQUESTED else "prepare"
        yield Due(f"{step} the scan", scan.requested.due, _ROLE[step], "pathway §6.7")
        return
    limit = Follow(library).figure("scan_overdue.amber")
    due = later(scan.ended, limit.value) if scan.ended else scan.requested.due
    left = "; ".join(missing_after(scan, library)) or "close the scan"
    late = overdue(scan, at, library)
    flag = "" if late is Late.NO else f"{late}: "
    what, turns = f"{flag}after the scan: {left}", _turns(scan, at, library)
    yield Due(what, due, "nurse", limit.locator, "scan", until=turns)


def _turns(scan: Scan, at: datetime, library: Library) -> datetime | None:
    """When the scan turns amber or red next."""
    if scan.ended is None:
        return None
    facts = Follow(library)
    marks = (later(scan.ended, facts.figure(f"scan_overdue.{k}").value) for k in _LATE)
    return min((mark for mark in marks if mark > at), default=None)


_ROLE = {"clear": "physician", "prepare": "nurse"}
