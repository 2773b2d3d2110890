"""What lies in the person, as the record gives it: now, before, and which part replaced which."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cisterna.clinic.bodies.implant import CatheterPlaced, PumpPlaced
from cisterna.clinic.course import Person, fold
from cisterna.clinic.devices import devices
from cisterna.clinic.event import Event
from cisterna.quantity import Quantity, show
from cisterna.spine.forecast import forecast_order
from tests.clinic.onward import SERIAL, all_of, catheter, segment, udi, whole
from tests.clinic.people import SURGEON, Course, back
from tests.orders import LIBRARY, order, read


def test_before_an_implant_there_is_nothing():
    tree = devices(Course().through(back).person)
    assert tree.pump is None
    assert tree.segments == tree.former == ()
    assert tree.tip == ""


@pytest.mark.pathway("PW-001")
def test_the_record_holds_pump_pocket_side_and_depth():
    course = Course().through(all_of(back), "give-emergency-contact")
    pump = devices(course.person).pump
    assert pump is not None
    assert (pump.model, pump.serial, pump.udi) == ("synchromed-ii-20", SERIAL, udi())
    assert (pump.site, pump.side, pump.depth) == ("abdomen", "left", Quantity.parse("2 cm"))
    assert pump.implanted == course.at.date()


@pytest.mark.pathway("PW-002")
def test_the_record_holds_the_catheter_from_the_spine_to_the_pump():
    tree = devices(whole("back", "give-emergency-contact").person)
    assert (tree.entry, tree.tip, tree.tip_side) == ("L3", "T10", "midline")
    (piece,) = tree.segments
    assert (piece.model, piece.lot) == ("ascenda-8780", "lot 55")
    assert piece.length == Quantity.parse("81.4 cm")  # 100 - 18.6


@pytest.mark.pathway("PW-002")
def test_a_tip_that_is_changed_in_the_record_moves_where_the_drug_is():
    person = whole("back", "give-emergency-contact").person
    low = _levels(person)
    moved = _then(person, catheter("T4"))
    high = _levels(moved)
    assert low["T10"] > high["T10"]
    assert high["T4"] > low["T4"]


def _levels(person: Person) -> dict[str, float]:
    """The mean level along the canal for an order on the devices of this person."""
    tree = devices(person)
    segments = [
        {"model": s.model, "supplied": show(s.supplied), "trimmed": show(s.trimmed)}
        for s in tree.segments
    ]
    placed = {"tip": tree.tip, "segment": segments}
    rx = read(order(catheter=placed, remote=None, limits=None))
    found = forecast_order(rx, LIBRARY, days=2, size=2)
    return {v.level: float(v.mean.base) for v in found.levels}


def _then(person: Person, *bodies: Any) -> Person:
    """The state after the surgeon recorded more."""
    for body in bodies:
        at = person.events[-1].recorded
        person = fold(person, Event(person.next_id, person.id, SURGEON, at, at, body))
    return person


def test_a_new_pump_takes_the_place_of_the_old_one_which_is_kept():
    person = whole("back", "give-emergency-contact").person
    old = devices(person).pump
    assert old is not None
    depth = Quantity.parse("2 cm")
    new = PumpPlaced(
        *("p1.scan", "synchromed-ii-40", "NGV000002H", udi("NGV000002H"), date(2032, 1, 5)),
        *("abdomen", "left", depth, old.id),
    )
    tree = devices(_then(person, new))
    assert tree.pump is not None
    assert tree.pump.serial == "NGV000002H"
    assert tree.former == (old,)
    assert tree.successor(old.id) == "p1.scan"
    assert tree.successor("p1.scan") == ""


def test_a_segment_that_stays_is_the_same_and_one_that_is_cut_anew_replaces_it():
    first = CatheterPlaced((segment(), segment()), "L3", "T10", "midline", "V-wing", True)
    person = _then(whole("back", "give-emergency-contact").person, first)
    spinal, pump_end = devices(person).segments
    shorter = replace(segment(replaces=pump_end.id), trimmed=Quantity.parse("21 cm"))
    stays = segment(stays=spinal.id)
    again = CatheterPlaced((stays, shorter), "L3", "T10", "midline", "V-wing", True)
    tree = devices(_then(person, again))
    assert tree.segments[0] == spinal
    assert tree.segments[1].length == Quantity.parse("79 cm")
    assert tree.successor(pump_end.id) == tree.segments[1].id
    assert pump_end in tree.former
    assert spinal not in tree.former
