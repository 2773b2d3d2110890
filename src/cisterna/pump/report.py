"""What a pump tells of itself: integers with their units, for the patient and for a programmer.

The patient's report answers "may I have a dose now?" by asking the controller itself, on a copy of
its state that is thrown away: what it says is what a press of the button would have led to.
"""

from cisterna.pump import events as e
from cisterna.pump import repeats
from cisterna.pump.alarms import Alarm
from cisterna.pump.beside import Beside
from cisterna.pump.controller import step
from cisterna.pump.flow import rate_now
from cisterna.pump.link.canonical import LARGEST, Json
from cisterna.pump.link.keys import Ring
from cisterna.pump.link.record import plain
from cisterna.pump.log import Entry, Log
from cisterna.pump.programme import PatientRule, Programme
from cisterna.pump.state import State
from cisterna.pump.terms import programme_terms
from cisterna.quantity import DAY_MS, HOUR_MS

SCHEMA = "cisterna/pump-state/1"
LAST_ENTRIES = 100
SCAN = e.Refusal("mri", "A scan is under way.")

Content = dict[str, Json]


def patient_report(state: State, at_ms: int, beside: Beside) -> Content:
    """What the patient and emergency staff may read. Times are device ms; add `clock_ms`."""
    now = step(state, e.TimePasses(at_ms))[0]
    return {
        "schema": SCHEMA,
        "serial": now.device.serial,
        "now_ms": at_ms,
        "clock_ms": now.clock_ms,
        "version": now.version,
        "digest": now.programme.digest if now.programme else None,
        "words": now.programme.words if now.programme else None,
        "mode": now.programme.mode if now.programme else None,
        "dose": dose_report(now, at_ms, beside),
        "flow_nl_per_h": rate_now(now.flow),
        "flows": _flags(now, beside),
        "reservoir_nl": now.flow.reservoir_nl,
        "refill": _refill(now, at_ms),
        "alarms": _alarms(now),
    }


def programmer_report(state: State, at_ms: int, beside: Beside, log: Log, ring: Ring) -> Content:
    """All that a programmer may read: the patient's report, programme, keys, latest entries."""
    session, unknown = state.session, state.unknown
    return patient_report(state, at_ms, beside) | {
        "device": plain(state.device),
        "programme": programme_terms(state.programme) if state.programme else None,
        "session": {"number": session.number, "stage": session.stage} if session else None,
        "unknown": plain(unknown) if unknown else None,
        "granted_ms": list(state.granted),
        "keys": [{"id": key.id, "role": key.role.value} for key in ring.keys],
        "log": [_entry(entry) for entry in log.entries[-LAST_ENTRIES:]],
        "log_lost": log.lost,
    }


def staged_report(programme: Programme) -> Content:
    """The programme as the pump understood it, with its digest."""
    return {"programme": programme_terms(programme), "digest": programme.digest}


def dose_report(now: State, at_ms: int, beside: Beside) -> Content:
    """May there be a dose now, when else, how many are left, and what became of the last one?"""
    rule = now.programme.patient if now.programme else None
    why = SCAN if beside.scan_ms is not None else None
    why = why or step(now, e.DoseAsked(at_ms, at_ms, at_ms + 1))[1].refused
    waits = why is not None and why.ready_ms is not None
    once = now.flow.once
    running: Content | None = None
    if once and once.kind in ("patient", "clinician"):
        running = {"kind": once.kind, "number": once.number, "end_ms": once.end_ms}
        running |= {"volume_nl": once.volume_nl, "given_nl": once.given(at_ms)}
    return {
        "answer": "ready" if why is None else "wait" if waits else "refused",
        "why": why.code if why else None,
        "words": ascii_words(why.message) if why else "",
        "ready_ms": why.ready_ms if why else None,
        "rule": plain(rule) if rule else None,
        "primary": now.programme.primary if now.programme else None,
        "ng_per_ml": now.programme.ng_per_ml if now.programme else None,
        "left": _left(now, rule, at_ms),
        "turned_down": len(repeats.refused_lately(now.turned_down, at_ms)),
        "lockout_end_ms": _lockout(now, rule, at_ms),
        "running": running,
        "last": plain(beside.last) if beside.last else None,
    }


def ascii_words(text: str) -> str:
    """A text that can travel in an answer."""
    return text.encode("ascii", "replace").decode()[:300]


def _left(now: State, rule: PatientRule | None, at_ms: int) -> int | None:
    """Doses left of the count in 24 hours."""
    if rule is None:
        return None
    used = sum(t > at_ms - DAY_MS for t in now.granted)
    return max(0, rule.most_per_day - used)


def _lockout(now: State, rule: PatientRule | None, at_ms: int) -> int | None:
    """When the lockout ends; None if none is running."""
    if rule is None or now.last_dose_ms is None:
        return None
    end = now.last_dose_ms + rule.lockout_ms
    return end if end > at_ms else None


def _flags(now: State, beside: Beside) -> Content:
    once = now.flow.once.kind if now.flow.once else None
    return {
        "bridge": bool(now.bridge_left_nl),
        "prime": once == "prime",
        "dose": once in ("patient", "clinician"),
        "stopped": now.stopped_ms is not None,
        "held": now.flow.held,
        "minimum": now.minimum or now.flow.floor_nl_per_h is not None,
        "session": now.session is not None,
        "scan": beside.scan_ms is not None,
        "unknown": now.unknown is not None,
    }


def _refill(now: State, at_ms: int) -> Content:
    """When the programme reaches the warning volume and the end: with every patient dose used."""
    p = now.programme
    if p is None or p.mode == "stopped":
        return {"low_reservoir_ms": None, "empty_ms": None, "low_reservoir_nl": 0}
    daily = p.cycle * DAY_MS // p.cycle_ms
    if p.patient:
        daily += p.patient.most_per_day * p.patient.volume_nl * HOUR_MS
    reservoir = now.flow.reservoir_nl
    times = {
        name: min(LARGEST, at_ms + max(0, reservoir - left) * HOUR_MS * DAY_MS // daily)
        for name, left in (("low_reservoir_ms", p.low_reservoir_nl), ("empty_ms", 0))
        if daily
    }
    none: Content = {"low_reservoir_ms": None, "empty_ms": None}
    return none | {"low_reservoir_nl": p.low_reservoir_nl} | times


def _alarms(now: State) -> list[Json]:
    """What is wrong, the most urgent first."""
    return [_alarm(a) for a in sorted(now.alarms, key=lambda alarm: alarm.kind.priority)]


def _alarm(alarm: Alarm) -> Json:
    """One thing that is wrong; `who` stands where something happened at the link."""
    found: Content = {
        "code": alarm.code,
        "priority": alarm.kind.priority,
        "class": alarm.kind.alarm_class,
        "cause": ascii_words(alarm.kind.cause),
        "since_ms": alarm.since_ms,
        "silent_until_ms": alarm.silent_until_ms,
        "over": alarm.over,
    }
    return found | {"who": alarm.who} if alarm.kind.moment else found


def _entry(entry: Entry) -> Json:
    return {"at_ms": entry.at_ms, "what": entry.what, "why": ascii_words(entry.why)}
