"""What runs is what the pump reported last; what was sent and not heard of is not running."""

from cisterna.clinic.bodies.order import OrderWritten, text_digest
from cisterna.clinic.event import event_text, read_event
from cisterna.clinic.gate import acts, glass
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.change import Wanted
from cisterna.clinic.gate.deed import Running, proposed_deed, restart
from cisterna.clinic.therapy import awaiting, dose_history, therapy
from tests.clinic.gate.people import (
    COLLEAGUE,
    IN_RANGE,
    LARGE_STEP,
    LOWER,
    NURSE,
    OLD,
    PATIENT_MORE,
    SERIAL,
    Way,
)


def sent(way: Way, change: Wanted = IN_RANGE) -> b.ChangeProposed:
    """A change with its text on record, signed and let go."""
    way.keep(way.pen().writes(OrderWritten(change.text)))
    way.signed(change)
    proposal = way.standing.proposal
    assert proposal is not None
    assert isinstance(proposal.body, b.ChangeProposed)
    way.intend()
    return proposal.body


def activated(way: Way, change: Wanted = IN_RANGE) -> b.ChangeProposed:
    """The same, running."""
    body = sent(way, change)
    way.ended("activated")
    return body


def waits(way: Way) -> list[str]:
    """What waits, in words of the code."""
    return [w.what for w in awaiting(way.events)]


def test_a_prescription_stays_on_record_to_the_letter():
    way = Way()
    written = way.keep(way.pen().writes(OrderWritten(IN_RANGE.text)))
    assert read_event(event_text(written)) == written
    assert written.body.digest == text_digest(IN_RANGE.text)
    way.propose(IN_RANGE)
    assert way.standing.proposal is not None
    assert way.standing.proposal.body.prescription == written.body.digest


def test_nobody_has_a_therapy_before_the_first_programme_runs():
    way = Way()
    assert therapy(way.events).state == "none"
    way.propose(IN_RANGE)
    assert therapy(way.events).state == "none"


def test_what_was_activated_runs_with_its_text():
    way = Way()
    body = activated(way)
    now = therapy(way.events)
    assert (now.state, now.text, now.since) == ("runs", IN_RANGE.text, way.at)
    assert (now.serial, now.version, now.digest) == (SERIAL, 2, body.digest)
    assert now.dose == "4.4 mg/day"


def test_between_intent_and_outcome_nobody_knows_what_runs():
    way = Way()
    activated(way)
    before = therapy(way.events)
    sent(way, LOWER)
    assert therapy(way.events).state == "unknown"
    way.ended("refused")
    assert therapy(way.events) == before


def test_an_unknown_outcome_is_unknown_until_a_person_has_asked_the_pump():
    way = Way()
    body = sent(way)
    way.ended("unknown")
    assert therapy(way.events).state == "unknown"
    assert waits(way) == ["reconcile"]
    way.keep(acts.reconcile(way.standing, way.pen(NURSE), 2, body.digest))
    now = therapy(way.events)
    assert (now.state, now.text) == ("runs", IN_RANGE.text)
    assert [c.outcome for c in dose_history(way.events)] == ["unknown", "activated"]


def test_what_the_pump_reports_and_nobody_ordered_here_is_shown_as_other():
    way = Way()
    sent(way)
    way.ended("unknown")
    way.keep(acts.reconcile(way.standing, way.pen(NURSE), 7, "ab" * 32))
    now = therapy(way.events)
    assert (now.state, now.version, now.digest, now.text) == ("other", 7, "ab" * 32, None)


def test_the_history_says_who_with_whom_why_and_from_what_to_what():
    way = Way()
    activated(way)
    activated(way, LARGE_STEP)
    first, second = dose_history(way.events)
    assert (first.old, first.new, first.second) == (None, "4.4 mg/day", None)
    assert (second.old, second.new) == ("4.4 mg/day", "9 mg/day")
    assert (second.by.who, second.second) == ("Ada", COLLEAGUE)
    assert "Pain is worse, and she was watched." in second.reasons
    assert second.outcome == "activated"


def test_a_stop_shows_as_stopped_until_a_restart_was_done():
    way = Way()
    body = activated(way)
    stop = way.keep(glass.break_glass(way.standing, way.pen(NURSE, "breathing 6 a minute"), True))
    way.keep(way.pen(NURSE, "breathing 6 a minute").writes(b.StopSent(stop.id, "stopped", "")))
    assert therapy(way.events).state == "stopped"
    assert dose_history(way.events)[-1].reasons == ("breathing 6 a minute",)
    assert waits(way) == ["review"]
    runs = Running(SERIAL, 2, OLD)
    way.keep(acts.laid_down(way.standing, way.pen(), proposed_deed(runs, restart())))
    way.prove()
    intent = way.intend()
    way.keep(way.pen().writes(b.DeedEnded(intent.id, "done", "")))
    now = therapy(way.events)
    assert (now.state, now.digest) == ("runs", body.digest)


def test_a_stop_that_the_pump_refused_changes_nothing_and_a_lost_one_is_unknown():
    way = Way()
    activated(way)
    way.keep(way.pen(NURSE).writes(b.StopSent("g", "refused", "a scan")))
    assert therapy(way.events).state == "runs"
    way.keep(way.pen(NURSE).writes(b.StopSent("g", "unknown", "the line is cut")))
    assert therapy(way.events).state == "unknown"


def test_what_waits_is_the_next_thing_that_somebody_has_to_do():
    way = Way()
    digest = text_digest(PATIENT_MORE.text)
    order = way.keep(way.pen().writes(b.ChangeOrdered(digest)))
    assert waits(way) == ["program"]
    way.propose(LARGE_STEP, under=order.id)
    assert waits(way) == ["reason"]
    way.reason()
    assert waits(way) == ["second"]
    way.second(LARGE_STEP)
    assert waits(way) == ["transmit"]
    way.prove()
    way.intend()
    assert waits(way) == ["reconcile"]
    way.ended("activated")
    assert waits(way) == []
