"""What must hold, seen from outside: an onlooker who shares nothing with controller and guard.

The onlooker notes what was ordered and accepted, and each stroke that the motor makes, and does
its own sums: what the programme grants hour by hour, what a dose adds, what the last 24 hours hold.
`Broken` names the property:

- `flow`: in no window more strokes than the programme and accepted doses grant, plus one;
- `limit`: in no 24 hours more drug than the limit in force (since the last activation; prime and
  bridge apart, which are checked when they are staged);
- `lockout`, `count`, `expired`, `dose-now`: a patient's dose only when she may have one: never in
  bridge, prime, stop, session, or after an unknown outcome; `ready`: never refused as too soon
  when it is not;
- `confirmed`, `base`: only the confirmed digest is activated, on the version it was made for;
- `programme`: nothing but an activation changes what runs;
- `stopped`: no stop without an order or a fault, and `stop`: an order to stop always stops;
- `replay`, `closed`: each dose begins once, ends once, and a restart begins none; `bounds`: what
  is said of an ended dose is true;
- `volume`: what left the reservoir is what the motor moved;
- `inhibited`: the guard never has to correct the controller.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from cisterna.pump import events as e
from cisterna.pump.programme import Programme
from cisterna.pump.state import State
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.model.checker import Broken

FAULTS = {"flow", "repeated-stop", "rotor-sensor"}
HELD = FAULTS | {"stall", "empty-reservoir", "end-of-service"}


@dataclass(frozen=True, slots=True)
class Dose:
    """A volume that was accepted and has not ended."""

    kind: str
    number: int
    start_ms: int
    duration_ms: int
    volume_nl: int

    def by(self, at_ms: int) -> int:
        """What of it is granted before a time (nL·ms/h): evenly, and the rest at its end."""
        past = at_ms - self.start_ms
        if past >= self.duration_ms:
            return self.volume_nl * HOUR_MS
        return self.volume_nl * HOUR_MS // self.duration_ms * max(0, past)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the onlooker remembers. Times are ms; `rise` and `bridge` count nL·ms/h.

    `origin_ms` is when a cycle of the programme began; `strokes` are (ms, fg) of the last 24 h;
    `own` are (until, limit) of clinician doses with a limit of their own; a patient's dose after
    them was admitted under the programme's, so from then on that holds again.
    """

    origin_ms: int = 0
    rise: int = 0
    bridge: int = 0
    strokes: tuple[tuple[int, int], ...] = ()
    starts: tuple[int, ...] = ()
    doses: tuple[Dose, ...] = ()
    own: tuple[tuple[int, int], ...] = ()
    stop: bool = False
    minimum: bool = False
    unknown: bool = False
    confirmed: tuple[int, str] | None = None


def moved(seen: Seen, by: int, now_ms: int, lockout_ms: int) -> Seen:
    """The same at another time, `now_ms`, without what is too old to matter."""
    origin = seen.origin_ms + by
    return replace(
        seen,
        origin_ms=now_ms - (now_ms - origin) % DAY_MS,
        strokes=tuple((t + by, m) for t, m in seen.strokes if t + by > now_ms - DAY_MS),
        starts=tuple(t + by for t in seen.starts if t + by > now_ms - max(DAY_MS, lockout_ms)),
        doses=tuple(replace(d, start_ms=d.start_ms + by) for d in seen.doses),
        own=tuple((t + by, limit) for t, limit in seen.own if t + by > now_ms),
    )


def flowed(seen: Seen, pump: State, until_ms: int, made: tuple[tuple[int, int], ...]) -> Seen:
    """The motor made these strokes, (ms, fg) each, from the pump's now to `until_ms`."""
    at, one = pump.now_ms, pump.device.stroke_nl * HOUR_MS
    room = one + pump.device.fastest_nl_per_h + 4 * HOUR_MS
    rise, bridge = seen.rise, seen.bridge
    for now, flows in (*((now, one) for now, _ in made), (until_ms - 1, 0)):
        grant = _granted(seen, pump, at, now + 1)
        if _bridging(pump):
            grant, bridge = min(grant, bridge), max(0, bridge - grant)
        elif pump.flow.once is None:
            bridge = max(0, bridge - flows)
        rise, at = max(0, rise + flows - grant), now + 1
        if rise > room:
            raise Broken("flow", f"{rise / HOUR_MS:.0f} nL more than is granted")
    alone = any(d.kind == "prime" for d in seen.doses) or _bridging(pump)
    strokes = seen.strokes if alone else (*seen.strokes, *made)
    seen = replace(seen, rise=rise, bridge=bridge, strokes=strokes)
    _limited(seen, pump)
    return seen


def _granted(seen: Seen, pump: State, begin: int, end: int) -> int:
    """What may flow in [begin, end), in nL·ms/h, by what the onlooker knows."""
    wrong = {x.code for x in pump.alarms if not x.over}
    p, alone = pump.programme, next((d for d in seen.doses if d.kind == "prime"), None)
    if seen.stop or wrong & HELD or (p is None and alone is None):
        return 0
    if seen.minimum or "memory" in wrong:
        floor = (p.floor_nl_per_h if p else None) or 0
        if p and p.bridge and seen.bridge:
            floor = min(floor, p.bridge.rate_nl_per_h)
        return floor * (end - begin)
    if alone:
        return alone.by(end) - alone.by(begin)
    if _bridging(pump) and p and p.bridge:
        return p.bridge.rate_nl_per_h * (end - begin)
    given = sum(d.by(end) - d.by(begin) for d in seen.doses)
    return given + (scheduled(p, seen.origin_ms, begin, end) if p else 0)


def scheduled(p: Programme, origin_ms: int, begin: int, end: int) -> int:
    """What the steps of a programme grant in [begin, end)."""
    total, at = 0, begin
    while at < end:
        within = (at - origin_ms) % p.cycle_ms
        rate = [r for start, r in p.steps if start <= within][-1]
        later = [start for start, _ in p.steps if start > within]
        change = min(end, at + (min(later) if later else p.cycle_ms) - within)
        total, at = total + rate * (change - at), change
    return total


def _bridging(pump: State) -> bool:
    return pump.flow.once is not None and pump.flow.once.kind == "bridge"


def _limited(seen: Seen, pump: State) -> None:
    """No 24 hours hold more than the limit: the latest stroke ends the latest window."""
    if pump.programme is None:
        return
    limit = max([pump.programme.per_24h_fg, *(most for _, most in seen.own)])
    for last, _ in seen.strokes:
        mass = sum(m for t, m in seen.strokes if last - DAY_MS < t <= last)
        if mass > limit:
            raise Broken("limit", f"{mass} fg in 24 h, {limit} are allowed")


def happened(
    seen: Seen, before: State, event: e.Event, after: State, out: e.Outcome, known_ms: int
) -> Seen:
    """An event was answered; `flowed` has been told of all that flowed before `known_ms`."""
    accepted = out.refused is None
    if any(entry.what == "guard-inhibited" for entry in out.log):
        raise Broken("inhibited", [entry.why for entry in out.log][-1])
    began = [entry.what for entry in out.log if entry.what.endswith("-begun")]
    seen = _closed(seen, out, known_ms, before, dark=isinstance(event, e.PowerReturned))
    if accepted:
        seen = _accepted(seen, before, event, after)
    elif isinstance(event, e.DoseAsked):
        _refused(seen, before, event, out)
    _begun(before, event, began, accepted=accepted)
    if after.programme != before.programme and not (accepted and isinstance(event, e.Activated)):
        raise Broken("programme", f"version {after.version} after {type(event).__name__}")
    if after.stopped_ms is not None and not seen.stop:
        raise Broken("stopped", f"by {type(event).__name__}, and nobody asked for it")
    if seen.stop and (after.stopped_ms is None or not after.flow.held):
        raise Broken("stop", "the pump was stopped and is not")
    return seen


def _begun(before: State, event: e.Event, began: list[str], *, accepted: bool) -> None:
    """What begins is what was asked for now, or the bridge."""
    kinds = {e.DoseAsked: "patient", e.BolusOrdered: "clinician", e.Primed: "prime"}
    asked = kinds.get(type(event)) if accepted else None
    others = [b for b in began if b != "bridge-begun"]
    if others != ([f"{asked}-begun"] if asked else []):
        raise Broken("replay", f"{began} after {type(event).__name__}")


def _closed(seen: Seen, out: e.Outcome, at_ms: int, before: State, *, dark: bool) -> Seen:
    """Doses that ended: each was running, and what is said of it is so; in the dark, unknown."""
    for closed in out.closed:
        if closed.kind == "bridge":
            continue
        mine = next(
            (d for d in seen.doses if (d.kind, d.number) == (closed.kind, closed.number)), None
        )
        if mine is None:
            raise Broken("closed", f"{closed.kind} {closed.number} ended and was not running")
        given = mine.by(at_ms) // HOUR_MS
        least, most = closed.least_nl - 1, closed.most_nl + before.device.stroke_nl
        if not least <= given <= most or closed.asked_nl != mine.volume_nl:
            raise Broken("bounds", f"{given} nL, and the pump says {closed}")
        cut = dark and closed.kind != "prime" and given < mine.volume_nl
        seen = replace(
            seen, doses=tuple(d for d in seen.doses if d != mine), unknown=seen.unknown or cut
        )
    return seen


def _accepted(seen: Seen, before: State, event: e.Event, after: State) -> Seen:
    """What an accepted event changes for the onlooker, and whether it may be accepted."""
    handler = _ACCEPTED.get(type(event))
    return handler(seen, before, event, after) if handler else seen


def _asked(seen: Seen, before: State, event: e.DoseAsked, after: State) -> Seen:
    now, rule = event.at_ms, before.programme.patient if before.programme else None
    if rule is None:
        raise Broken("dose-now", "the programme has no patient dose")
    if event.expires_ms <= now:
        raise Broken("expired", f"asked until {event.expires_ms}, given at {now}")
    against = {
        "in a session": before.session is not None,
        "while stopped": seen.stop,
        "at the minimum rate": seen.minimum,
        "after an unknown outcome": seen.unknown,
        "beside another": bool(seen.doses),
        "in a bridge": seen.bridge > 0 or _bridging(before),
        "while something is wrong": any(
            x.code in HELD | {"memory", "occlusion"} and not x.over for x in before.alarms
        ),
    }
    if why := [words for words, true in against.items() if true]:
        raise Broken("dose-now", f"given {why[0]}")
    if any(now - t < rule.lockout_ms for t in seen.starts):
        raise Broken("lockout", f"{(now - max(seen.starts)) / HOUR_MS:.2f} h after the last one")
    if sum(t > now - DAY_MS for t in seen.starts) >= rule.most_per_day:
        raise Broken("count", f"one more than {rule.most_per_day} in 24 h")
    dose = Dose("patient", event.number, now, rule.duration_ms, rule.volume_nl)
    return replace(seen, doses=(*seen.doses, dose), starts=(*seen.starts, now), own=())


def _refused(seen: Seen, before: State, event: e.DoseAsked, out: e.Outcome) -> None:
    """Who is told that it is too soon is told the truth."""
    rule = before.programme.patient if before.programme else None
    code = out.refused.code if out.refused else None
    if rule is None:
        return
    day = [t for t in seen.starts if t > event.at_ms - DAY_MS]
    early = bool(seen.starts) and event.at_ms < max(seen.starts) + rule.lockout_ms
    if (code == "lockout" and not early) or (code == "count" and len(day) < rule.most_per_day):
        raise Broken("ready", f"refused for {code}, with {len(day)} doses in 24 h")


def _ordered(seen: Seen, before: State, event: e.BolusOrdered, _: State) -> Seen:
    _once(seen, before)
    dose = Dose("clinician", event.number, event.at_ms, event.duration_ms, event.volume_nl)
    until = event.at_ms + event.duration_ms + DAY_MS
    own = (*seen.own, (until, event.per_24h_fg))
    return replace(seen, doses=(*seen.doses, dose), own=own)


def _primed(seen: Seen, before: State, event: e.Primed, _: State) -> Seen:
    _once(seen, before)
    dose = Dose("prime", event.number, event.at_ms, event.duration_ms, event.volume_nl)
    return replace(seen, doses=(*seen.doses, dose))


def _once(seen: Seen, before: State) -> None:
    """A volume that a clinician orders: not into a stopped pump, a bridge, or beside another."""
    if seen.stop or seen.bridge > 0 or _bridging(before) or seen.doses:
        raise Broken("dose-now", "a volume was ordered and given where none may flow")


def _confirmed(seen: Seen, _: State, event: e.Confirmed, __: State) -> Seen:
    return replace(seen, confirmed=(event.session, event.digest))


def _activated(seen: Seen, before: State, event: e.Activated, after: State) -> Seen:
    p = after.programme
    if p is None or seen.confirmed != (event.session, p.digest):
        raise Broken("confirmed", f"version {after.version} runs and was not confirmed")
    if event.base_version != before.version or p.version != before.version + 1:
        raise Broken("base", f"{p.version} on {before.version}, made for {event.base_version}")
    left = p.bridge.volume_nl * HOUR_MS if p.bridge else seen.bridge
    fault = seen.stop and any(x.code in FAULTS and not x.over for x in before.alarms)
    return replace(
        seen,
        origin_ms=p.zero_ms - after.clock_ms,
        bridge=left,
        strokes=(),
        own=(),
        stop=p.mode == "stopped" or fault,
        minimum=False,
        confirmed=None,
    )


def _minimum(seen: Seen, before: State, _: e.MinimumOrdered, __: State) -> Seen:
    """Down to the floor, or to a stop where no floor is prescribed."""
    floor = before.programme and before.programme.floor_nl_per_h
    return replace(seen, minimum=True) if floor else replace(seen, stop=True)


def _noticed(seen: Seen, _: State, event: e.Noticed, __: State) -> Seen:
    return replace(seen, stop=seen.stop or (event.alarm in FAULTS and not event.over))


def _restored(seen: Seen, before: State, event: e.PowerReturned, after: State) -> Seen:
    """The power came back. A dose that it cut is unknown; nothing of it goes on."""
    once = after.flow.once
    if once and once.kind != "bridge":
        raise Broken("replay", f"{once.kind} {once.number} runs after a power loss")
    return seen


_ACCEPTED: dict[type[e.Event], Callable[[Seen, State, Any, State], Seen]] = {
    e.DoseAsked: _asked,
    e.BolusOrdered: _ordered,
    e.Primed: _primed,
    e.SessionOpened: lambda seen, *_: replace(seen, confirmed=None),
    e.SessionEnded: lambda seen, *_: replace(seen, confirmed=None),
    e.Staged: lambda seen, *_: replace(seen, confirmed=None),
    e.Confirmed: _confirmed,
    e.Activated: _activated,
    e.Stopped: lambda seen, *_: replace(seen, stop=True),
    e.Restarted: lambda seen, *_: replace(seen, stop=False, minimum=False),
    e.MinimumOrdered: _minimum,
    e.Reconciled: lambda seen, *_: replace(seen, unknown=False),
    e.Noticed: _noticed,
    e.PowerReturned: _restored,
}
