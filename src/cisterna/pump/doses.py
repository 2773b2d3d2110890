"""Doses on demand: the patient's, a clinician's, and the prime. Admitted or refused, never queued.

A refusal says why in words for the person who asked. A dose that ends early is closed with the
bounds of what was delivered; its rest never flows.
"""

from collections.abc import Iterator

from cisterna.pump import change, guard, repeats
from cisterna.pump import events as e
from cisterna.pump.alarms import wrong_now
from cisterna.pump.changed import changed
from cisterna.pump.flow import Flow, Once, OnceKind, ahead
from cisterna.pump.guard import Admitted
from cisterna.pump.programme import PatientRule
from cisterna.pump.state import State, Step
from cisterna.quantity import DAY_MS, HOUR_MS, TipRun

Why = tuple[str, str, int | None]
_REFILLED = 1 << 62  # who looks a day ahead counts on a refill: an empty pump is no margin
_STANDING = {
    "stall": "The pump is not turning.",
    "empty-reservoir": "The pump is empty.",
    "end-of-service": "The pump has come to its end of service.",
    "memory": "The pump's memory is in doubt.",
    "flow": "The pump stopped itself because the flow was not as ordered.",
    "occlusion": "The catheter seems blocked.",
}


def asked(made: Step, event: e.DoseAsked) -> Step:
    """The patient asks for a dose."""
    if event.at_ms >= event.expires_ms:
        return made.refuse("expired", "The request came too late. Ask again.")
    s = made.state
    rule = s.programme.patient if s.programme else None
    if rule is None:
        return made.refuse("not-enabled", "The programme has no patient dose.")
    if found := _standing(s) or _busy(s) or _doubtful(s):
        return made.refuse(*found)
    if found := _too_soon(s, rule):
        return _turned_down(made.refuse(*found))
    now = s.now_ms
    dose = Once("patient", event.number, now, rule.duration_ms, rule.volume_nl)
    made = _given(made, dose, s.guard.per_24h_fg)
    if made.refused:
        return _turned_down(made) if made.refused.code == "limit" else made
    granted = (*_recent(s), now)
    return made.now(changed(made.state, granted=granted, last_dose_ms=now))


def _turned_down(made: Step) -> Step:
    """Count a dose that was refused for lockout, count or limit: often, somebody has to look."""
    s = made.state
    return made.now(changed(s, turned_down=repeats.turned_down(s.turned_down, s.now_ms)))


def ordered(made: Step, event: e.BolusOrdered) -> Step:
    """A clinician orders a bolus; a patient's dose that is running ends, if it is admitted."""
    if event.volume_nl < 1 or event.duration_ms < 1:
        return made.refuse("bad-dose", "A bolus has a volume and a duration above zero.")
    if made.state.programme is None:
        return made.refuse("no-programme", "There is no programme that it could flow beside.")
    if found := _standing(made.state) or _busy(made.state, beside=("patient",)):
        return made.refuse(*found)
    dose = Once("clinician", event.number, event.at_ms, event.duration_ms, event.volume_nl)
    given = _given(interrupt(made), dose, event.per_24h_fg)
    if given.refused:
        return made.refuse(given.refused.code, given.refused.message)
    return given


def primed(made: Step, event: e.Primed) -> Step:
    """A prime, in place of the schedule; refused beside another dose or a bridge."""
    s = made.state
    if event.volume_nl < 1 or event.duration_ms < 1:
        return made.refuse("bad-dose", "A prime has a volume and a duration above zero.")
    if found := _standing(s) or _busy(s):
        return made.refuse(*found)
    if unfit := change.unfit_prime(s, event.volume_nl, event.duration_ms):
        return made.refuse(*unfit)
    once = Once("prime", event.number, event.at_ms, event.duration_ms, event.volume_nl)
    if found := _unfit(s, once, 0):
        return made.refuse(*found)
    return _begun(made, once)


def stopped(made: Step, _: e.DoseStopped) -> Step:
    """The patient stops the running dose."""
    once = made.state.flow.once
    if once is None or once.kind != "patient":
        return made.refuse("no-dose", "No patient dose is running.")
    return interrupt(made)


def interrupt(made: Step) -> Step:
    """End what flows once, now: it is closed with what was delivered, its rest never flows."""
    s = made.state
    once = s.flow.once
    if once is None:
        return made
    given = once.given(s.now_ms)
    least = max(0, given - s.device.stroke_nl)
    closed = e.Closed(once.kind, once.number, once.volume_nl, least, given)
    left = once.volume_nl - given if once.kind == "bridge" else s.bridge_left_nl
    flow = changed(s.flow, once=None)
    state = changed(s, flow=flow, guard=guard.called_off(s.guard), bridge_left_nl=left)
    made = made.now(state).over(closed)
    return made.said(f"{once.kind}-interrupted", f"{least} to {given} of {once.volume_nl}")


def _standing(s: State) -> Why | None:
    """What stands against any volume now: a stop, an alarm, a bridge."""
    if s.stopped_ms is not None:
        return "stopped", "The pump is stopped.", None
    for code in wrong_now(s.alarms):
        if code in _STANDING:
            return code, _STANDING[code], None
    if s.minimum:
        return "minimum-rate", "The pump runs at its minimum rate.", None
    if s.bridge_left_nl:
        words = "The old solution is still being pumped out of the line."
        return "bridge-running", words, None
    return None


def _busy(s: State, beside: tuple[OnceKind, ...] = ()) -> Why | None:
    """What flows now that this volume must not flow beside."""
    once = s.flow.once
    if once is None or once.kind in beside:
        return None
    return f"{once.kind}-running", "Another volume is being given now.", None


def _doubtful(s: State) -> Why | None:
    """What forbids only the patient's own dose."""
    if s.session:
        return "session", "The pump is being programmed.", None
    if s.unknown or "unknown-outcome" in wrong_now(s.alarms):
        words = "It is not known how much of the last dose was given. Call the clinic."
        return "unknown-outcome", words, None
    return None


def _too_soon(s: State, rule: PatientRule) -> Why | None:
    """The lockout, from start to start, and the count in any 24 hours."""
    if s.last_dose_ms is not None and s.now_ms < s.last_dose_ms + rule.lockout_ms:
        ready = s.last_dose_ms + rule.lockout_ms
        return "lockout", "It is too soon after the last dose.", ready
    recent = _recent(s)
    if len(recent) >= rule.most_per_day:
        ready = recent[-rule.most_per_day] + DAY_MS
        return "count", "All doses of these 24 hours are used.", ready
    return None


def _recent(s: State) -> tuple[int, ...]:
    """The starts of the patient's doses of the last 24 hours."""
    return tuple([t for t in s.granted if t > s.now_ms - DAY_MS])


def _given(made: Step, dose: Once, per_24h_fg: int) -> Step:
    s = made.state
    if wrong := _unfit(s, dose, _fastest(s, dose)):
        return made.refuse(*wrong)
    admitted = Admitted(dose.start_ms, dose.duration_ms, dose.volume_nl)
    coming = _coming(s.flow, dose)
    if guard.admit(s.guard, admitted, per_24h_fg, _strongest_fg(s.flow), coming):
        words = "With it, some 24 hours would hold more drug than the limit allows."
        return made.refuse("limit", words)
    return _begun(made, dose)


def _coming(flow: Flow, dose: Once) -> Iterator[TipRun]:
    """All that will leave the tip until 24 hours after a dose that begins now."""
    yield from ahead(changed(flow, once=dose, reservoir_nl=_REFILLED), dose.end_ms + DAY_MS)


def _fastest(s: State, dose: Once) -> int:
    """The fastest scheduled rate while the dose lasts."""
    return s.flow.schedule.fastest(dose.start_ms, dose.end_ms) if s.flow.schedule else 0


def _strongest_fg(flow: Flow) -> int:
    """The most that a stroke can hold of what is in the line and in the reservoir."""
    return flow.stroke_nl * max(flow.ng_per_ml, *(slug.ng_per_ml for slug in flow.line), 0)


def _unfit(s: State, once: Once, beside_nl_per_h: int) -> Why | None:
    """What the device itself has against it: its own speed, and what is in the reservoir."""
    if once.rate_nl_per_h < 1:
        return "bad-dose", "It is too little for so long a time.", None
    if once.rate_nl_per_h + beside_nl_per_h > s.device.fastest_nl_per_h:
        words = "With the schedule it would be faster than the pump can be."
        return "device-maximum", words, None
    beside = -(-beside_nl_per_h * once.duration_ms // HOUR_MS)
    if once.volume_nl + beside > s.flow.reservoir_nl:
        return "empty-reservoir", "The reservoir does not hold so much.", None
    return None


def _begun(made: Step, once: Once) -> Step:
    s = made.state
    admitted = Admitted(once.start_ms, once.duration_ms, once.volume_nl)
    flow = changed(s.flow, once=once)
    made = made.now(changed(s, flow=flow, guard=guard.allowed(s.guard, admitted)))
    return made.said(f"{once.kind}-begun", str(once.volume_nl))


def begin(made: Step, kind: OnceKind, number: int, volume_nl: int, duration_ms: int) -> Step:
    """Begin a volume that was checked as a whole when it was staged: a bridge."""
    return _begun(made, Once(kind, number, made.state.now_ms, duration_ms, volume_nl))
