"""One form for states that will behave alike: time counted from now, and the past forgotten.

Pump and link compare times only with one another and with constants, so all of them can be moved
by the same amount (test_model holds that against the code). Every state is moved to `NOW`. What
can no longer matter is then forgotten:

- the anchor of a schedule, and the wall clock, count modulo the cycle (here every cycle is a day);
- a lockout, a session's or a stop's limit that has passed has passed, however long ago;
- an alarm that took the flow away counts for some minutes only;
- when an alarm began is shown to people and decides nothing, and so are what happened at the link
  and that doses were refused;
- a stroke that has flowed is its time and mass, whatever run it was part of;
- since when the guard may look at a whole day at once instead of stroke by stroke, which decides
  nothing (test_guard holds the one against the other);
- a reservoir of a `deep` pump is filled up again: it is never near any of its marks;
- a command older than `STALE_MS` has expired, however old it is, and so has the link's restart;
- of a command's answer only its kind counts; the digest of its head, which names the
  time it was issued, becomes `SAME`, since one id is one command in this model.
"""

from dataclasses import dataclass, replace

from cisterna.pump import alarms as a
from cisterna.pump import repeats
from cisterna.pump.flow import Flow
from cisterna.pump.guard import Guard
from cisterna.pump.link.answer import Response
from cisterna.pump.link.ledger import Account, Ledger
from cisterna.pump.link.rules import LEASE_MS
from cisterna.pump.link.state import Link
from cisterna.pump.state import State
from cisterna.quantity import DAY_MS, HOUR_MS, DeviceTime, Pace, StrokeRun, TipRun

NOW = 12 * DAY_MS
STALE_MS = 80_000
SAME = "0" * 64


@dataclass(frozen=True, slots=True)
class Past:
    """How long a dose matters to a lockout, and what the reservoir of a deep pump holds."""

    lockout_ms: int
    deep_nl: int | None = None


def moved(state: State, by: int) -> State:
    """The same pump at another time."""
    if by == 0:
        return replace(state, then=None)
    flow, watch = state.flow, state.guard
    once = flow.once and replace(flow.once, start_ms=flow.once.start_ms + by)
    plan = flow.schedule and replace(flow.schedule, anchor_ms=flow.schedule.anchor_ms + by)
    granted = watch.schedule and replace(watch.schedule, anchor_ms=watch.schedule.anchor_ms + by)
    admitted = tuple(replace(d, start_ms=d.start_ms + by) for d in watch.admitted)
    session = state.session
    return replace(
        state,
        flow=replace(flow, now_ms=flow.now_ms + by, schedule=plan, once=once),
        guard=replace(
            watch,
            checked_ms=watch.checked_ms + by,
            plain_ms=watch.plain_ms + by,
            schedule=granted,
            admitted=admitted,
            given=tuple(replace(d, start_ms=d.start_ms + by) for d in watch.given),
            history=tuple(_tip(t, by) for t in watch.history),
        ),
        clock_ms=state.clock_ms - by,
        tip=state.tip and _tip(state.tip, by),
        until_ms=state.until_ms + by,
        then=None,
        session=session and replace(session, since_ms=session.since_ms + by),
        stopped_ms=_at(state.stopped_ms, by),
        granted=tuple(t + by for t in state.granted),
        last_dose_ms=_at(state.last_dose_ms, by),
        alarms=tuple(replace(x, since_ms=x.since_ms + by) for x in state.alarms),
        halts=tuple(replace(h, at_ms=h.at_ms + by) for h in state.halts),
        turned_down=tuple(t + by for t in state.turned_down),
    )


def pump(state: State, past: Past) -> State:
    """A pump at `NOW`, with nothing that has ceased to matter."""
    s = moved(state, NOW - state.now_ms)
    session = s.session
    if session:
        session = replace(session, since_ms=max(session.since_ms, NOW - a.session_limit_ms()))
    if s.stopped_ms is not None:
        s = replace(s, stopped_ms=max(s.stopped_ms, NOW - s.device.stop_limit_ms))
    if s.last_dose_ms is not None and s.last_dose_ms + past.lockout_ms <= NOW:
        s = replace(s, last_dose_ms=None)
    return replace(
        s,
        flow=_flow(s.flow, past.deep_nl),
        guard=_guard(s.guard),
        tip=s.tip and _planned(s.tip),
        clock_ms=(s.clock_ms + NOW) % DAY_MS - NOW,
        session=session,
        granted=tuple(t for t in s.granted if t > NOW - DAY_MS),
        alarms=tuple(replace(x, since_ms=NOW) for x in s.alarms if not _shown_only(x)),
        turned_down=(),
        halts=tuple(h for h in s.halts if h.at_ms > NOW - repeats.within_ms()),
    )


def _shown_only(alarm: a.Alarm) -> bool:
    """Whether an alarm is there for people and decides nothing in the pump."""
    return alarm.kind.moment or alarm.code == "limit"


def link(found: Link, by: int) -> Link:
    """A link whose now was `NOW - by`, at `NOW`."""
    lease, ledger = found.lease, found.ledger
    heard = max(lease.heard_ms + by, NOW - LEASE_MS) if lease.holder else 0
    accounts = sorted((_account(x) for x in ledger.accounts), key=lambda x: x.key)
    floor = max(ledger.floor_ms + by, NOW - STALE_MS)
    return replace(
        found, ledger=Ledger(tuple(accounts), floor), lease=replace(lease, heard_ms=heard)
    )


def _account(account: Account) -> Account:
    seen = tuple(
        replace(r, text=SAME, response=r.response and Response(r.response.kind))
        for r in account.results
    )
    return replace(account, results=seen)


def _flow(flow: Flow, deep_nl: int | None) -> Flow:
    plan = flow.schedule
    if plan:
        plan = replace(plan, anchor_ms=_cycle(plan.anchor_ms, plan.cycle_ms))
    left = flow.reservoir_nl if deep_nl is None else deep_nl
    return replace(flow, schedule=plan, reservoir_nl=left)


def _guard(watch: Guard) -> Guard:
    plan = watch.schedule
    if plan:
        plan = replace(plan, anchor_ms=_cycle(plan.anchor_ms, plan.cycle_ms))
    past = _past(watch.history)
    return replace(watch, schedule=plan, plain_ms=NOW, given=(), history=past)


def _cycle(anchor_ms: int, cycle_ms: int) -> int:
    """The same cycle, begun at `NOW` or less than a cycle before it."""
    return NOW - (NOW - anchor_ms) % cycle_ms


def _past(history: tuple[TipRun, ...]) -> tuple[TipRun, ...]:
    """The strokes of the last 24 hours, each a run of its own."""
    return tuple(
        TipRun(_alone(tip.run, at), ((1, mass),))
        for tip in history
        for at, mass in zip(tip.run.times(), masses(tip), strict=True)
        if at > NOW - DAY_MS
    )


def _alone(run: StrokeRun, at_ms: int) -> StrokeRun:
    return StrokeRun(DeviceTime(at_ms), Pace.steady(1), run.stroke_nl, 1, run.stroke_nl * HOUR_MS)


def _tip(tip: TipRun, by: int) -> TipRun:
    run = tip.run
    pace = replace(run.pace, anchor_ms=run.pace.anchor_ms + by) if _cyclic(run.pace) else run.pace
    return replace(tip, run=replace(run, pace=pace, start=DeviceTime(run.start.ms + by)))


def _planned(tip: TipRun) -> TipRun:
    """The same run, its pace anchored as the schedule is."""
    pace = tip.run.pace
    if not _cyclic(pace):
        return tip
    pace = replace(pace, anchor_ms=_cycle(pace.anchor_ms, pace.cycle_ms))
    return replace(tip, run=replace(tip.run, pace=pace))


def _cyclic(pace: Pace) -> bool:
    """Whether it is a schedule; one rate for ever has no time of its own."""
    return pace.cycle_ms > 1


def masses(tip: TipRun) -> list[int]:
    """The mass of each stroke (fg)."""
    return [mass for strokes, mass in tip.parts for _ in range(strokes)]


def _at(ms: int | None, by: int) -> int | None:
    return None if ms is None else ms + by
