"""A scan of somebody with a pump, by the pump's model; no list is closed on a pump that may stand.

From the preparation on she is held; in an emergency she stays there and the scan goes on.
"""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import check_ahead, check_seen, facts, need_words, once, refuse
from cisterna.clinic.bodies.mri import (
    ScanCancelled,
    ScanCleared,
    ScanClosed,
    ScanEnded,
    ScanInterrogated,
    ScanPrepared,
    ScanRequested,
)
from cisterna.clinic.bodies.planning import Answer, Place, TreatmentRecorded
from cisterna.clinic.scan import Scan, Stage, missing_after, rule_for, scan_of
from cisterna.clinic.since import AFTER_IMPLANT, home
from cisterna.facts.follow import ScanRule
from cisterna.facts.library import known
from cisterna.quantity import VOLUME

_ROW = "pathway §6.7"
_WHERE = (Place.TITRATION, Place.MAINTENANCE, Place.EMERGENCY)


@act("request-scan", *AFTER_IMPLANT)
def request_scan(case: Case, asked: ScanRequested) -> Iterator[Any]:
    """Ask for a scan: the question, the region, the field, the day."""
    found = scan_of(case.person)
    if found is not None and found.stage not in (Stage.RESUMED, Stage.CANCELLED):
        text = "A scan is under way."
        refuse("scan-open", text, "Close or cancel it first.", _ROW)
    need_words(asked.question, "the question", _ROW)
    need_words(asked.region, "the region", _ROW)
    check_ahead(case, asked.due, _ROW)
    yield asked


@act("clear-scan", *AFTER_IMPLANT)
def clear_scan(case: Case, asked: ScanCleared) -> Iterator[Any]:
    """Clear it for this model: its field, every other implant, the cover while no drug flows."""
    scan = _at(case, Stage.REQUESTED, Stage.CLEARED)
    pump = case.rules.library.pump(asked.pump)
    if pump.family not in facts(case).scan_families():
        text = f"Nothing is known of scans with {pump.name}."
        refuse("scan-unknown", text, "Ask the maker; scan with another method.", "devices §1.4")
    rule = facts(case).scan(pump.family)
    if asked.field not in rule.fields or asked.field != scan.requested.field:
        text = f"{pump.name} is scanned at {', '.join(rule.fields)}; asked is {asked.field}."
        refuse("field", text, "Ask for another field.", rule.evidence.locator, rule.fields[-1])
    need_words(asked.cover, "whether she can go without the drug, and the cover", _ROW)
    for drug in asked.drugs:
        known(drug, case.rules.library.drug_ids, "drug")
    if not asked.drugs:
        refuse("no-dose", "The drugs of the pump belong to it.", "Take them from the pump.", _ROW)
    _check_stimulator(case, asked)
    yield asked


def _check_stimulator(case: Case, asked: ScanCleared) -> None:
    """A spinal cord stimulator that was tried may still be in place: it is answered, not missed."""
    had = {t.body.treatment: t.body.answer for t in case.person.every(TreatmentRecorded, None)}
    tried = had.get("spinal-cord-stimulation") is Answer.TRIED
    if tried and not any("stimulation" in word for word in asked.other_implants):
        text = "She has had spinal cord stimulation: say whether it is in place."
        way_out = "Name it, such as 'spinal cord stimulation: removed'."
        refuse("other-implant", text, way_out, "pathway §1.6 PW-064")


@act("prepare-scan", *_WHERE)
def prepare_scan(case: Case, asked: ScanPrepared) -> Iterator[Any]:
    """Prepare the pump, each item of its list; from now on she is held."""
    scan = _at(case, Stage.CLEARED)
    rule = _rule(case, scan)
    once(asked.done, "item", _ROW)
    for item in asked.done:
        known(item, rule.prepare, "item of the preparation")
    left = [item for item in rule.prepare if item not in asked.done]
    words = ", ".join(facts(case).scan_word(item) for item in left)
    if rule.empty_first:
        _check_empty(case, asked, rule)
    if left:
        refuse("not-prepared", f"Not done: {words}.", "Do it first.", rule.evidence.locator, words)
    yield asked
    if case.person.place is not Place.EMERGENCY:
        yield Place.MRI_HOLD


def _check_empty(case: Case, asked: ScanPrepared, rule: ScanRule) -> None:
    drawn = asked.drawn
    if "reservoir-emptied" in asked.done and drawn is not None and drawn.dimension == VOLUME:
        return
    text = "In the field the valves may open and let all drug out: empty the reservoir first."
    way_out = "Draw all of it and write the volume drawn."
    refuse("not-emptied", text, way_out, rule.evidence.locator, "0 mL of drug")


@act("end-scan", *_WHERE, Place.MRI_HOLD)
def end_scan(case: Case, asked: ScanEnded) -> Iterator[Any]:
    """The scan is over; the time runs until an interrogation shows the motor running.

    One that was made unprepared, elsewhere or in haste, is recorded with its reason: what has to
    be looked at afterwards is the same.
    """
    scan = _at(case, Stage.CLEARED, Stage.PREPARED)
    check_seen(case, asked.ended, _ROW)
    if scan.stage is Stage.CLEARED:
        case.need_why("Scanned without the preparation of this pump.", _ROW)
    yield asked
    if case.person.place not in (Place.MRI_HOLD, Place.EMERGENCY):
        yield Place.MRI_HOLD


@act("interrogate-after-scan", Place.MRI_HOLD, Place.EMERGENCY)
def interrogate_after_scan(case: Case, asked: ScanInterrogated) -> Iterator[Any]:
    """One interrogation after the scan, or after a preparation without one: what it showed."""
    scan = _at(case, Stage.PREPARED, Stage.SCANNED, Stage.INTERROGATED)
    check_seen(case, asked.seen, _ROW)
    earliest = scan.looks[-1].seen if scan.looks else scan.ended
    if earliest is not None and asked.seen <= earliest:
        text = "It comes after the scan, and after the interrogation before it."
        refuse("wrong-time", text, "Interrogate again.", _ROW)
    for item in asked.found:
        known(item, _rule(case, scan).after, "finding after a scan")
    yield asked


@act("close-scan", Place.MRI_HOLD, Place.EMERGENCY)
def close_scan(case: Case, asked: str) -> Iterator[Any]:
    """Close it once the latest interrogation shows that the pump runs; she goes back."""
    scan = _at(case, Stage.PREPARED, Stage.SCANNED, Stage.INTERROGATED)
    if scan.ended is None:
        text = "No scan was made."
        refuse("not-scanned", text, "Record its end, or cancel it.", _ROW)
    _check_runs(case, scan)
    yield ScanClosed(len(scan.looks))
    yield from _back(case)


@act("cancel-scan", *AFTER_IMPLANT)
def cancel_scan(case: Case, asked: ScanCancelled) -> Iterator[Any]:
    """No scan was made; once prepared, the pump has to be seen running before she goes back."""
    scan = _at(case, Stage.REQUESTED, Stage.CLEARED, Stage.PREPARED, Stage.INTERROGATED)
    need_words(asked.reason, "the reason", _ROW)
    if scan.ended is not None:
        refuse("scanned", "The scan was made.", "Interrogate and close it.", _ROW)
    if scan.holds:
        _check_runs(case, scan)
    yield asked
    yield from _back(case)


def _check_runs(case: Case, scan: Scan) -> None:
    left = "; ".join(missing_after(scan, case.rules.library))
    if left:
        text = f"Not shown yet: {left}."
        refuse("pump-not-shown-running", text, "Interrogate again.", "devices §5, row 2008", left)


def _back(case: Case) -> Iterator[Place]:
    if case.person.place is Place.MRI_HOLD:
        yield home(case.person)


def _rule(case: Case, scan: Scan) -> ScanRule:
    found = rule_for(scan, case.rules.library)
    if found is None:
        refuse("scan-stage", "It is not cleared.", "Clear it.", _ROW)
    return found


def _at(case: Case, *stages: Stage) -> Scan:
    found = scan_of(case.person)
    if found is None or found.stage not in stages:
        stands = found.stage if found else "no scan"
        text = f"Not possible now: {stands}."
        refuse("scan-stage", text, f"Possible when {' or '.join(stages)}.", _ROW)
    return found
