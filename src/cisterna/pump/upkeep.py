"""What a pump notices, and what keeps it in order: reservoir, stops, faults, clock, alarms."""

from cisterna.pump import alarms as a
from cisterna.pump import change, doses, repeats
from cisterna.pump import events as e
from cisterna.pump.changed import changed
from cisterna.pump.flow import ALONE, Flow, rate_now
from cisterna.pump.programme import Slug, held_nl
from cisterna.pump.state import LATCH, State, Step, Unknown
from cisterna.quantity import TipRun


def watched(made: Step) -> Step:
    """Look at everything that time alone changes."""
    s = made.state
    low = s.programme.low_reservoir_nl if s.programme else 0
    empty = s.flow.reservoir_nl < s.device.stroke_nl
    made = made.raised("empty-reservoir") if empty else made
    warn = not empty and s.flow.reservoir_nl <= low
    made = made.raised("low-reservoir") if warn else made.ended("low-reservoir")
    stopped_ms = s.now_ms if s.stopped_ms is None else s.stopped_ms
    long = s.now_ms >= stopped_ms + s.device.stop_limit_ms
    made = made.raised("stopped") if long else made.ended("stopped")
    made = made if change.foreign(s, s.programme) else made.ended(change.OTHER)
    often = repeats.refused_until(s.turned_down, s.now_ms)
    made = made.ended("limit") if often is None else made.raised("limit")
    made = made.raised("unknown-outcome") if s.unknown else made
    if s.now_ms >= s.device.life_ms:
        made = made.raised("end-of-service")
    elif s.now_ms >= s.device.life_ms - s.device.warning_ms:
        made = made.raised("battery-low")
    if s.session and s.now_ms >= s.session.since_ms + a.session_limit_ms():
        made = made.raised("telemetry")
    return made


def next_watch(s: State, flow: Flow, tip: TipRun | None, until_ms: int) -> int:
    """When, at the latest, something that `watched` sees will change."""
    times = [until_ms, s.device.life_ms, s.device.life_ms - s.device.warning_ms]
    if s.stopped_ms is not None:
        times.append(s.stopped_ms + s.device.stop_limit_ms)
    if s.session:
        times.append(s.session.since_ms + a.session_limit_ms())
    if often := repeats.refused_until(s.turned_down, s.now_ms):
        times.append(often)
    low = s.programme.low_reservoir_nl if s.programme else 0
    stroke = s.device.stroke_nl
    for mark in (low + 1, stroke):
        strokes = -(-(flow.reservoir_nl - mark + 1) // stroke)
        if tip and 0 < strokes <= tip.run.count:
            times.append(tip.run.at(strokes - 1).ms + 1)
    return min([t for t in times if t > s.now_ms])


# Stop, restart, minimum --------------------------------------------------------------------------


def stopped(made: Step, _: e.Stopped) -> Step:
    """A person stops the pump: always possible; what flows once is interrupted for good."""
    made = doses.interrupt(made)
    s = made.state
    since = s.now_ms if s.stopped_ms is None else s.stopped_ms
    return made.now(changed(s, stopped_ms=since)).said("stopped")


def restarted(made: Step, _: e.Restarted) -> Step:
    """A person restarts the programme; not while something that stops the pump is wrong."""
    s = made.state
    if s.programme is None or s.programme.mode == "stopped":
        return made.refuse("no-programme", "There is no programme to run.")
    if a.effect(s.alarms) == "stop":
        code = a.wrong_now(s.alarms)[0]
        return made.refuse(code, f"First deal with the alarm: {a.kinds()[code].cause}")
    halts = repeats.started(s.halts)
    state = changed(s, stopped_ms=None, minimum=False, halts=halts)
    return made.now(state).said("restarted")


def minimum(made: Step, event: e.MinimumOrdered) -> Step:
    """Down to the prescribed floor, or a stop where none is prescribed; never up."""
    s = made.state
    floor = s.programme.floor_nl_per_h if s.programme else None
    if floor is None:
        return stopped(made, e.Stopped(event.at_ms))
    if floor > rate_now(changed(s.flow, once=None)):
        return made.refuse("not-less", "The prescribed floor is more than flows now.")
    made = doses.interrupt(made)
    return made.now(changed(made.state, minimum=True)).said("minimum-rate")


# Reservoir and line ------------------------------------------------------------------------------


def refilled(made: Step, event: e.Refilled) -> Step:
    """A refill: what came out is what was there; the estimate is reconciled with it."""
    s = made.state
    total = event.fill_nl
    if min(event.measured_nl, event.fill_nl, event.ng_per_ml - 1) < 0:
        return made.refuse("bad-refill", "A refill has volumes and a concentration above zero.")
    if total > s.device.capacity_nl:
        return made.refuse(
            "overfill", f"The reservoir takes {s.device.capacity_nl} nL, not {total} nL."
        )
    if s.flow.once and s.flow.once.kind != "bridge":
        return made.refuse(f"{s.flow.once.kind}-running", "Wait until what flows now has ended.")
    gap = s.flow.reservoir_nl - event.measured_nl
    flow = changed(s.flow, reservoir_nl=total, ng_per_ml=event.ng_per_ml)
    made = made.now(changed(s, flow=flow)).said("refilled", f"{total} expected-measured {gap}")
    return made.ended("empty-reservoir")


def line_set(made: Step, event: e.LineSet) -> Step:
    """What the line holds, as a person records it: while nothing is on its way through it."""
    s = made.state
    if s.flow.once or s.bridge_left_nl:
        kind = s.flow.once.kind if s.flow.once else "bridge"
        return made.refuse(f"{kind}-running", "Wait until what flows now has ended.")
    if any(slug.volume_nl < 1 or slug.ng_per_ml < 0 for slug in event.line):
        return made.refuse("bad-line", "Every part of the line has a volume above zero.")
    empty = sum(slug.volume_nl for slug in event.line if not slug.ng_per_ml)
    flow = changed(s.flow, line=tuple[Slug, ...](event.line))
    words = f"{held_nl(event.line)} nL, {empty} nL of it without drug"
    return made.now(changed(s, flow=flow)).said("line-set", words)


# What the device notices -------------------------------------------------------------------------


def noticed(made: Step, event: e.Noticed) -> Step:
    """A condition begins or ends; a flow fault stops the pump until a person restarts it."""
    if event.alarm not in a.kinds():
        return made.refuse("no-alarm", f"There is no alarm {event.alarm[:40]}.")
    if event.over:
        return made.ended(event.alarm)
    made = made.raised(event.alarm, event.who)
    s = made.state
    if a.kinds()[event.alarm].flow == "stop" and s.stopped_ms is None:
        made = made.now(changed(s, stopped_ms=s.now_ms))
    return made


def doubted(made: Step) -> Step:
    """What a power loss cut off, or its last stroke: a dose is unknown until acknowledged."""
    cut = made.closed[-1]
    if cut.kind in ALONE:
        return made
    cut = changed(cut, least_nl=max(0, cut.most_nl - made.state.device.stroke_nl))
    made = changed(made, closed=(*made.closed[:-1], cut))
    unknown = Unknown(cut.number, cut.asked_nl, cut.least_nl, cut.most_nl)
    return made.now(changed(made.state, unknown=unknown)).raised("unknown-outcome")


def reconciled(made: Step, _: e.Reconciled) -> Step:
    """A person has acknowledged a dose of unknown outcome: patient doses are possible again."""
    s = made.state
    if s.unknown is None:
        return made.refuse("nothing-unknown", "No dose has an unknown outcome.")
    made = made.now(changed(s, unknown=None)).ended("unknown-outcome").said("reconciled")
    found = a.acknowledged(made.state.alarms, "unknown-outcome")
    return made.now(changed(made.state, alarms=found))


# Clock and alarms --------------------------------------------------------------------------------


def clock_set(made: Step, event: e.ClockSet) -> Step:
    """The wall clock changes; the schedule stays on the monotonic clock.

    So no step is repeated or skipped; the log says by how much the wall clock moved.
    """
    s = made.state
    shift = event.wall_ms - s.wall_ms(s.now_ms)
    state = changed(s, clock_ms=s.clock_ms + shift)
    return made.said("clock-set", f"by {shift} ms; the schedule goes on unchanged").now(state)


def silenced(made: Step, event: e.AlarmSilenced) -> Step:
    """No sound for a while; the alarm stays and is logged."""
    found = a.silenced(made.state.alarms, event.alarm, made.state.now_ms)
    if found == made.state.alarms:
        return made.refuse("no-alarm", "This alarm is not on.")
    return made.now(changed(made.state, alarms=found)).said("alarm-silenced", event.alarm)


def acknowledged(made: Step, event: e.AlarmAcknowledged) -> Step:
    """A person has seen an alarm: it goes, unless its condition is still there."""
    code = event.alarm
    if all(alarm.code != code for alarm in made.state.alarms):
        return made.refuse("no-alarm", "This alarm is not on.")
    seen = made.ended(code)
    found = a.acknowledged(seen.state.alarms, code)
    halts = () if code == LATCH else seen.state.halts
    seen = seen.now(changed(seen.state, alarms=found, halts=halts))
    standing = code in a.wrong_now(made.state.alarms) and not a.kinds()[code].latch
    if standing or code in a.wrong_now(watched(seen).state.alarms):
        return made.refuse("still-wrong", "Its cause is still there.")
    return seen.said("alarm-acknowledged", code)
