"""The dose controller: pure and deterministic, (state, event) → (state, outcome).

Each event first settles what flowed since the last one, then changes what it may change, then
plans what flows next. Nothing flows that the guard has not checked: what it inhibits stops the
pump and raises the alarm `flow`. Which flow wins where several want it at once is decided in
`cisterna.pump.flow.wanted`, nowhere else.
"""

from collections.abc import Callable
from typing import Any

from cisterna.pump import alarms as a
from cisterna.pump import doses, guard, session, upkeep
from cisterna.pump import events as e
from cisterna.pump.changed import changed
from cisterna.pump.flow import ALONE, Flow, Once, pour, wanted
from cisterna.pump.guard import Guard, Inhibited
from cisterna.pump.programme import Device, Slug
from cisterna.pump.state import State, Step, Then
from cisterna.quantity import DAY_MS, TipRun


def new_pump(
    device: Device,
    at_ms: int,
    clock_ms: int,
    reservoir_nl: int,
    ng_per_ml: int,
    line: tuple[Slug, ...],
) -> State:
    """A pump without a programme: nothing flows until one is activated."""
    flow = Flow(at_ms, device.stroke_nl, reservoir_nl, ng_per_ml, line)
    watch = Guard(device.stroke_nl, device.fastest_nl_per_h, 0, at_ms)
    return State(device, flow, watch, clock_ms, until_ms=at_ms + DAY_MS)


def step(state: State, event: e.Event) -> tuple[State, e.Outcome]:
    """One event. Raises `ValueError` for an event before the state's time."""
    known = event.known_ms if isinstance(event, e.PowerReturned) else event.at_ms
    if not state.now_ms <= known <= event.at_ms:
        raise ValueError("a pump's time does not go back")
    made = Step(state)
    while made.state.until_ms < known:
        made = _planned(_settled(made, made.state.until_ms))
    made = _settled(made, known)
    if isinstance(event, e.PowerReturned):
        made = _dark(made, event.at_ms)
    after = _HANDLERS[type(event)](made, event)
    made = _planned(made if after is made else upkeep.watched(after))
    found = made.state
    return found, e.Outcome(made.refused, made.closed, made.log, found.alarms)


def _settled(made: Step, at_ms: int) -> Step:
    """Put on the books what flowed until `at_ms`.

    What flows while a bridge waits (the floor) is the old solution too: less is left of it.
    """
    s = made.state
    then = s.then if s.then and s.then.flow.now_ms == at_ms else _until(s.flow, s.guard, at_ms)[1]
    wrong = then if isinstance(then, Inhibited) else None
    if isinstance(then, Inhibited):
        tip, poured = pour(s.flow, at_ms)
        then = Then(poured, guard.overruled(s.guard, tip, at_ms))
    flow = then.flow
    pumped = s.flow.reservoir_nl - flow.reservoir_nl
    left = s.bridge_left_nl if s.flow.once else max(0, s.bridge_left_nl - pumped)
    made = made.now(changed(s, flow=flow, guard=then.guard, then=None, bridge_left_nl=left))
    if s.flow.once and flow.once is None:
        made = _ended(made, s.flow.once)
    return upkeep.watched(_contradicted(made, wrong) if wrong else made)


def _contradicted(made: Step, found: Inhibited) -> Step:
    """The guard inhibits a part of what it allowed: it flowed, and the pump stops (SR-72).

    That cannot happen while both are right.
    """
    made = made.now(changed(made.state, stopped_ms=made.state.now_ms))
    made = made.said("guard-contradicted", f"{found.why} {found.found} {found.limit}")
    return made.raised("flow")


def _until(flow: Flow, watch: Guard, at_ms: int) -> tuple[TipRun | None, Then | Inhibited]:
    """What flows until a time, and flow and guard after it, or why the guard inhibits it."""
    tip, after = pour(flow, at_ms)
    checked = guard.commanded(watch, tip, at_ms)
    return tip, checked if isinstance(checked, Inhibited) else Then(after, checked)


def _ended(made: Step, once: Once) -> Step:
    """A prime, bridge or dose came to its end."""
    volume = once.volume_nl
    closed = e.Closed(once.kind, once.number, volume, volume, volume)
    if once.kind == "bridge":
        made = made.now(changed(made.state, bridge_left_nl=0))
    return made.over(closed).said(f"{once.kind}-ended", str(volume))


def _dark(made: Step, until_ms: int) -> Step:
    """A power loss: nothing flows until it is over, and nothing is repeated.

    What was on record has been settled. The next stroke of the plan that was on record may have
    happened too, so it counts as delivered; what flowed once is closed with its bounds, and a dose
    blocks until it is acknowledged.
    """
    plan_ended_ms = made.state.until_ms
    made = _planned(made)
    s = made.state
    once, tip = s.flow.once, s.tip
    if tip and tip.run.at(0).ms < min(until_ms, plan_ended_ms):
        made = _settled(made, tip.run.at(0).ms + 1)
    if once:
        made = upkeep.doubted(doses.interrupt(made))
    s = made.state
    off = changed(s.flow, held=True, floor_nl_per_h=None)
    watch = guard.ruled(s.guard, "none")
    made = _settled(made.now(changed(s, flow=off, guard=watch, then=None)), until_ms)
    return made.said("power-returned", f"off for {until_ms - s.now_ms} ms")


def _planned(made: Step) -> Step:
    """Plan what flows next, as far as nothing changes; the guard looks at it first."""
    effect = a.effect(made.state.alarms)
    held = effect in ("hold", "stop") or made.state.stopped_ms is not None
    floor = _floor(made.state) if effect == "floor" or made.state.minimum else None
    made = doses.interrupt(made) if held or floor is not None else session.bridged(made)
    s = made.state
    flow = s.flow
    if (held, floor) != (flow.held, flow.floor_nl_per_h):
        flow = changed(flow, held=held, floor_nl_per_h=floor)
    watch = guard.ruled(s.guard, _regime(flow))
    _, until = wanted(flow)
    tip, then = _until(flow, watch, until)
    if isinstance(then, Inhibited):
        return _inhibited(made, then)
    until = upkeep.next_watch(s, flow, tip, until)
    return made.now(changed(s, flow=flow, guard=watch, tip=tip, until_ms=until, then=then))


def _regime(flow: Flow) -> guard.Regime:
    if flow.held or (flow.once and flow.once.kind in ALONE):
        return "none"
    return "schedule" if flow.floor_nl_per_h is None else "floor"


def _floor(s: State) -> int:
    """The flow when software is in doubt: the prescribed floor, else nothing.

    While a bridge waits, the line holds the old solution: never faster than the bridge.
    """
    p = s.programme
    floor = (p.floor_nl_per_h if p else None) or 0
    return min(floor, p.bridge.rate_nl_per_h) if p and p.bridge and s.bridge_left_nl else floor


def _inhibited(made: Step, found: Inhibited) -> Step:
    """The guard said no: the pump stops and says so."""
    made = made.said("guard-inhibited", f"{found.why} {found.found} {found.limit}").raised("flow")
    return _planned(made.now(changed(made.state, stopped_ms=made.state.now_ms)))


_HANDLERS: dict[type[e.Event], Callable[[Step, Any], Step]] = {
    e.TimePasses: lambda made, _: made,
    e.PowerReturned: lambda made, _: made,
    e.Interrogated: lambda made, _: made.said("interrogated"),
    e.SessionOpened: session.opened,
    e.Staged: session.staged,
    e.Confirmed: session.confirmed,
    e.Activated: session.activated,
    e.SessionEnded: session.ended,
    e.DoseAsked: doses.asked,
    e.DoseStopped: doses.stopped,
    e.BolusOrdered: doses.ordered,
    e.Primed: doses.primed,
    e.Stopped: upkeep.stopped,
    e.Restarted: upkeep.restarted,
    e.MinimumOrdered: upkeep.minimum,
    e.Refilled: upkeep.refilled,
    e.LineSet: upkeep.line_set,
    e.Noticed: upkeep.noticed,
    e.Reconciled: upkeep.reconciled,
    e.ClockSet: upkeep.clock_set,
    e.AlarmSilenced: upkeep.silenced,
    e.AlarmAcknowledged: upkeep.acknowledged,
}
