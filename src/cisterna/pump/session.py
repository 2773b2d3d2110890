"""Two-phase programming: interrogate → stage → read back → confirm → activate, in one session.

Until the activation the running programme goes on; a session that ends anyhow leaves it running.
The activation is one event: before it the old programme runs, after it the new one, beginning
with its bridge.
"""

from cisterna.pump import change, doses, guard
from cisterna.pump import events as e
from cisterna.pump.alarms import effect
from cisterna.pump.changed import changed
from cisterna.pump.guard import Granted
from cisterna.pump.programme import Programme, faults
from cisterna.pump.state import Session, State, Step
from cisterna.quantity import HOUR_MS, Pace


def opened(made: Step, event: e.SessionOpened) -> Step:
    """A session begins; a running patient's dose goes on, a new one is refused."""
    s = made.state
    if s.session:
        return made.refuse("session-open", "Another programming session is open.")
    session = Session(event.session, event.at_ms)
    return made.now(changed(s, session=session)).said("session-opened", str(event.session))


def staged(made: Step, event: e.Staged) -> Step:
    """Lay a programme beside the running one, if it can run here at all."""
    s, p = made.state, event.programme
    if found := _not_here(s, event.session):
        return made.refuse(*found)
    if p.version != s.version + 1:
        return made.refuse(
            "version", f"The programme follows version {p.version - 1}; {s.version} is running."
        )
    if wrong := faults(p, s.device):
        return made.refuse("unfit", f"The programme cannot run in this pump: {'; '.join(wrong)}.")
    if guard.schedule_fits(_granted(p, s), p.ng_per_ml, p.per_24h_fg):
        return made.refuse("limit", "The schedule alone is above its limit for 24 hours.")
    if wrong_bridge := change.unfit_bridge(s, p):
        return made.refuse(*wrong_bridge)
    session = Session(event.session, event.at_ms, "staged", p)
    return made.now(changed(s, session=session)).said("staged", p.digest[:16])


def confirmed(made: Step, event: e.Confirmed) -> Step:
    """The read-back was compared: the digest must be that of the staged programme."""
    s = made.state
    if found := _not_here(s, event.session):
        return made.refuse(*found)
    session = s.session
    if session is None or session.programme is None:
        return made.refuse("nothing-staged", "No programme was staged in this session.")
    if session.programme.digest != event.digest:
        return made.refuse("digest", "The programme in the pump is not the one that was confirmed.")
    return made.now(changed(s, session=changed(session, stage="confirmed"))).said("confirmed")


def activated(made: Step, event: e.Activated) -> Step:
    """The confirmed programme replaces the running one, at once.

    With another primary drug, what the line holds counts as none of it.
    A pump that a fault stopped waits for its restart with the new programme too.
    """
    s = made.state
    if found := _not_here(s, event.session):
        return made.refuse(*found)
    session = s.session
    p = session.programme if session else None
    if session is None or p is None or session.stage != "confirmed":
        return made.refuse("not-confirmed", "The staged programme was not confirmed.")
    if event.base_version != s.version:
        return made.refuse("version", f"Version {s.version} is running, not {event.base_version}.")
    if s.bridge_left_nl and p.bridge is None and p.mode != "stopped":
        words = "The line still holds the old solution: the programme needs its bridge."
        return made.refuse("bridge-running", words)
    if wrong := change.other_solution(s, p) or change.unfit_bridge(s, p):
        return made.refuse(*wrong)
    made = doses.interrupt(made)
    s = made.state
    schedule = _granted(p, s)
    watch = guard.programmed(s.guard, schedule, p.floor_nl_per_h or 0, p.per_24h_fg)
    line = s.flow.line
    if s.programme and s.programme.primary != p.primary:
        line = tuple(changed(slug, ng_per_ml=0) for slug in line)
    pace = Pace(schedule.anchor_ms, p.cycle_ms, p.steps)
    flow = changed(s.flow, schedule=pace, line=line)
    faulty = s.stopped_ms if effect(s.alarms) == "stop" else None
    ordered = event.at_ms if p.mode == "stopped" else faulty
    left = p.bridge.volume_nl if p.bridge else s.bridge_left_nl
    state = changed(
        s,
        programme=p,
        flow=flow,
        guard=watch,
        session=Session(event.session, session.since_ms),
        stopped_ms=ordered,
        minimum=False,
        bridge_left_nl=left,
    )
    return made.now(state).said("activated", f"version {p.version} {p.words}".strip())


def ended(made: Step, event: e.SessionEnded) -> Step:
    """The session ends or its link is lost: the running programme runs on.

    If it was refilled with another solution and no programme of that was activated, this alarms.
    """
    s = made.state
    if s.session is None or s.session.number != event.session:
        return made.refuse("no-session", "This session is not open.")
    what = "session-lost" if event.lost else "session-closed"
    made = made.now(changed(s, session=None)).said(what, str(event.session)).ended("telemetry")
    return made.raised(change.OTHER) if change.foreign(s, s.programme) else made


def bridged(made: Step) -> Step:
    """Begin the bridge, or what is left of it, when nothing stands against it."""
    s = made.state
    rule = s.programme.bridge if s.programme else None
    if not s.bridge_left_nl or rule is None or s.flow.once:
        return made
    duration = -(-s.bridge_left_nl * HOUR_MS // rule.rate_nl_per_h)
    return doses.begin(made, "bridge", s.version, s.bridge_left_nl, duration)


def _granted(p: Programme, s: State) -> Granted:
    """The schedule on the pump's monotonic time: anchored once, when it is activated."""
    return Granted(p.zero_ms - s.clock_ms, p.cycle_ms, p.steps)


def _not_here(s: State, session: int) -> tuple[str, str] | None:
    if s.session is None:
        return "no-session", "No programming session is open."
    if s.session.number != session:
        return "other-session", "Another programmer holds the session."
    return None
