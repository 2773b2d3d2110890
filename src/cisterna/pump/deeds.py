"""From what was asked over the link to what happens in the pump, and from its outcome to an answer.

A number that tells doses apart is the time at which they were asked for: a pump gives one dose at
a time, and its time does not go back.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cisterna.pump import events as e
from cisterna.pump import report as show
from cisterna.pump.link import verbs as v
from cisterna.pump.link.answer import ACCEPTED, Kind, Response, refused, report
from cisterna.pump.link.canonical import Unfit
from cisterna.pump.link.door import Carry
from cisterna.pump.programme import Slug
from cisterna.pump.terms import read_terms
from cisterna.quantity import HOUR_MS

if TYPE_CHECKING:
    from cisterna.pump.unit import Unit

READING = (v.Interrogate, v.ReadBack, v.ReadState)
REDUCING = (v.Stop, v.MinimumRate, v.StopDose, v.CloseSession)
"""What is done even where it cannot be recorded: it can only take drug away, or end a session."""
STORAGE = refused("storage", "The pump cannot store it. What runs goes on.")
TOO_LONG = refused("too-long", "The report does not fit into a frame.")


def done(unit: "Unit", carry: Carry, now: int) -> Response:
    """Carry a command out, once, and say what became of it."""
    special = _SPECIAL.get(type(carry.verb))
    found = special(unit, carry, now) if special else None
    if found is not None:
        return found
    try:
        event = _EVENTS[type(carry.verb)](now, carry.verb, carry)
    except Unfit as wrong:
        return refused("unfit", show.ascii_words(str(wrong)))
    return _response(unit.do(event).refused)


def _response(why: e.Refusal | None) -> Response:
    """The answer to what the controller did."""
    if why is None:
        return ACCEPTED
    content: dict[str, Any] | None = None if why.ready_ms is None else {"ready_ms": why.ready_ms}
    return Response(Kind.REFUSED, why.code, show.ascii_words(why.message), content)


# What is more than one event of the controller, or none ------------------------------------------


def _read_state(unit: "Unit", _: Carry, now: int) -> Response:
    return report(show.patient_report(unit.state, now, unit.beside))


def _interrogate(unit: "Unit", _: Carry, now: int) -> Response:
    unit.do(e.Interrogated(now))
    return report(show.programmer_report(unit.state, now, unit.beside, unit.log, unit.link.ring))


def _read_back(unit: "Unit", *_: object) -> Response:
    session = unit.state.session
    if session is None or session.programme is None:
        return refused("nothing-staged", "No programme was staged in this session.")
    return report(show.staged_report(session.programme))


def _opened(unit: "Unit", carry: Carry, _: int) -> Response | None:
    """Who has the session and opens it again has it still."""
    session = unit.state.session
    return ACCEPTED if session and session.number == carry.session else None


def _scan_begins(unit: "Unit", _: Carry, now: int) -> Response:
    """A pump whose valves a scanner may open is emptied and stopped before."""
    state = unit.state
    if state.device.mri == "valve" and (
        state.stopped_ms is None or state.flow.reservoir_nl >= state.device.stroke_nl
    ):
        return refused("mri-valve", "Before a scan this pump has to be emptied and stopped.")
    unit.scan(begins=True, now=now)
    return ACCEPTED


def _scan_ends(unit: "Unit", _: Carry, now: int) -> Response:
    if unit.beside.scan_ms is None:
        return refused("no-scan", "No scan was begun.")
    unit.scan(begins=False, now=now)
    return ACCEPTED


def _asked(unit: "Unit", *_: object) -> Response | None:
    return _response(show.SCAN) if unit.beside.scan_ms is not None else None


_SPECIAL: dict[type[v.Verb], "Callable[[Unit, Carry, int], Response | None]"] = {
    v.ReadState: _read_state,
    v.Interrogate: _interrogate,
    v.ReadBack: _read_back,
    v.OpenSession: _opened,
    v.TakeOver: _opened,
    v.MriBegin: _scan_begins,
    v.MriEnd: _scan_ends,
    v.AskDose: _asked,
}


# One event of the controller for each verb -------------------------------------------------------


def _staged(at_ms: int, verb: v.Stage, carry: Carry) -> e.Staged:
    programme = read_terms(verb.programme)
    if programme.digest != verb.digest:
        raise Unfit("the pump reads another programme than was sent")
    return e.Staged(at_ms, carry.session, programme)


def _primed(at_ms: int, verb: v.Prime, _: Carry) -> e.Primed:
    """At this rate or slower: the duration is rounded up."""
    duration = -(-verb.volume_nl * HOUR_MS // verb.rate_nl_per_h)
    return e.Primed(at_ms, at_ms, verb.volume_nl, duration)


def _line(at_ms: int, verb: v.RecordLine, _: Carry) -> e.LineSet:
    """The line from the tip to the pump."""
    full = verb.volume_nl - verb.empty_nl
    if full < 0:
        raise Unfit("more of the line is empty than it holds")
    slugs = Slug(verb.empty_nl, 0), Slug(full, verb.ng_per_ml)
    return e.LineSet(at_ms, tuple(slug for slug in slugs if slug.volume_nl))


_EVENTS: dict[type[v.Verb], Callable[[int, Any, Carry], e.Event]] = {
    v.OpenSession: lambda at, _, carry: e.SessionOpened(at, carry.session),
    v.TakeOver: lambda at, _, carry: e.SessionOpened(at, carry.session),
    v.CloseSession: lambda at, _, carry: e.SessionEnded(at, carry.session),
    v.Stage: _staged,
    v.Confirm: lambda at, verb, carry: e.Confirmed(at, carry.session, verb.digest),
    v.Activate: lambda at, verb, carry: e.Activated(at, carry.session, verb.base_version),
    v.ClinicianBolus: lambda at, verb, _: e.BolusOrdered(
        at, at, verb.volume_nl, verb.duration_ms, verb.limit_fg_per_24h
    ),
    v.Prime: _primed,
    v.RecordLine: _line,
    v.Refill: lambda at, verb, _: e.Refilled(at, verb.measured_nl, verb.fill_nl, verb.ng_per_ml),
    v.Stop: lambda at, *_: e.Stopped(at),
    v.Restart: lambda at, *_: e.Restarted(at),
    v.MinimumRate: lambda at, *_: e.MinimumOrdered(at),
    v.ClockSet: lambda at, verb, _: e.ClockSet(at, at + verb.offset_ms),
    v.AlarmSilence: lambda at, verb, _: e.AlarmSilenced(at, verb.alarm),
    v.AlarmAcknowledge: lambda at, verb, _: e.AlarmAcknowledged(at, verb.alarm),
    v.Reconcile: lambda at, *_: e.Reconciled(at),
    v.AskDose: lambda at, _, carry: e.DoseAsked(at, at, carry.head.expires_ms),
    v.StopDose: lambda at, *_: e.DoseStopped(at),
}
