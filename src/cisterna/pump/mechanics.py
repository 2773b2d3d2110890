"""The body of a pump: reservoir, rotor and line, exact for every drug at once.

Volumes are whole nanolitres, times milliseconds of device time, masses and concentrations exact
fractions (a nanolitre at 1 ng/mL holds 1 fg). What an error makes of a stroke and is no whole
nanolitre is carried to the next one, so nothing is ever rounded away:

    filled = delivered + in the reservoir + withdrawn + leaked

to the nanolitre, and each drug with what the line and the undrained residual held at the start.
The line is full: what goes in at the pump pushes as much out of the tip, first in, first out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from cisterna.pump.faults import Effect, Faults, changes, effect
from cisterna.quantity import DAY_MS, HOUR_MS, DeviceTime, StrokeRun

Mix = tuple[Fraction, ...]
"""Concentration of each drug in fg/nL (ng/mL), in the order of the pump's list of drugs."""


@dataclass(frozen=True, slots=True)
class Fluid:
    """Some volume and what is in it."""

    nl: int
    mix: Mix


@dataclass(frozen=True, slots=True)
class Amount:
    """A running total: volume and mass of each drug."""

    nl: int
    fg: tuple[Fraction, ...]

    def plus(self, nl: int, mix: Mix) -> "Amount":
        """The total with one more volume of some mix."""
        if not nl:
            return self
        pairs = zip(self.fg, mix, strict=True)
        return Amount(self.nl + nl, tuple(mass + nl * c for mass, c in pairs))


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How far a stroke is from its volume: always, more each day, and from fill to fill.

    The parts add up. A day counts from device time zero; fills after the last of `per_fill` are
    without an error of their own.
    """

    constant: Fraction = Fraction(0)
    per_day: Fraction = Fraction(0)
    per_fill: tuple[Fraction, ...] = ()

    def factor(self, ms: int, fill: int) -> Fraction:
        """What a stroke is multiplied by at a time, in the fill of this number (from 0)."""
        own = self.per_fill[fill] if fill < len(self.per_fill) else Fraction(0)
        return max(Fraction(0), 1 + self.constant + self.per_day * (ms // DAY_MS) + own)


@dataclass(frozen=True, slots=True)
class Carried:
    """What is no whole nanolitre yet of the strokes, the tip, the septum and the open valve."""

    stroke: Fraction = Fraction(0)
    tip: Fraction = Fraction(0)
    septum: Fraction = Fraction(0)
    valve: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Body:
    """Where everything is. `reservoir` can be pumped; `residual_nl` lies below it and cannot.

    `line` lists the slugs from the tip to the pump; an empty one is a line of unknown volume.
    """

    now_ms: int
    reservoir: Fluid
    residual_nl: int
    line: tuple[Fluid, ...]
    filled: Amount
    delivered: Amount
    pumped: Amount
    withdrawn: Amount
    leaked: Amount
    at_start: Amount
    accuracy: Accuracy = Accuracy()
    fills: int = 1
    carried: Carried = Carried()

    @property
    def left(self) -> Amount:
        """All that is inside: reservoir with its residual, and the line (volume: reservoir)."""
        held = Amount(0, tuple(Fraction(0) for _ in self.reservoir.mix))
        for slug in (*self.line, Fluid(self.residual_nl, self.reservoir.mix), self.reservoir):
            held = held.plus(slug.nl, slug.mix)
        return Amount(self.reservoir.nl, held.fg)


def filled_body(
    now_ms: int,
    fill: Fluid,
    residual: Fluid,
    line: tuple[Fluid, ...],
    accuracy: Accuracy = Accuracy(),
) -> Body:
    """A body with its first fill on top of what could not be drained before."""
    zero = Amount(0, tuple(Fraction(0) for _ in fill.mix))
    start = zero
    for slug in (residual, *line):
        start = start.plus(slug.nl, slug.mix)
    on_top = Fluid(fill.nl, _mixed(residual, fill))
    filled = zero.plus(fill.nl, fill.mix)
    held = Amount(0, start.fg)
    return Body(now_ms, on_top, residual.nl, line, filled, zero, zero, zero, zero, held, accuracy)


def refilled(body: Body, fill: Fluid, pocket_nl: int = 0) -> Body:
    """All that can be drained comes out, the fill goes on top of the rest and mixes with it.

    `pocket_nl` of the fill goes beside the pump, under the skin: a pocket fill.
    """
    old = body.reservoir
    inside = replace(fill, nl=fill.nl - pocket_nl)
    return replace(
        body,
        reservoir=Fluid(inside.nl, _mixed(Fluid(body.residual_nl, old.mix), inside)),
        withdrawn=body.withdrawn.plus(old.nl, old.mix),
        filled=body.filled.plus(fill.nl, fill.mix),
        leaked=body.leaked.plus(pocket_nl, fill.mix),
        fills=body.fills + 1,
    )


def _mixed(below: Fluid, above: Fluid) -> Mix:
    """The mix of two volumes; of nothing at all, that of what is above."""
    if not below.nl or below.mix == above.mix:
        return above.mix
    total = below.nl + above.nl
    pairs = zip(below.mix, above.mix, strict=True)
    return tuple((below.nl * a + above.nl * b) / total for a, b in pairs)


# Flow -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Commanded:
    """What the controller has the rotor do from the body's time to `end_ms`."""

    end_ms: int
    nl_per_h: int = 0
    run: StrokeRun | None = None


@dataclass(frozen=True, slots=True)
class Flowed:
    """What left the tip in [start, end): parts of one mix each, first out first.

    Times with the same `key` were alike: the same rate commanded and the same faults. `left_nl`
    is what the reservoir holds at the end; `run` are the strokes that turned, each `factor` times
    its volume.
    """

    start_ms: int
    end_ms: int
    parts: tuple[Fluid, ...]
    left_nl: int
    key: object
    run: StrokeRun | None
    factor: Fraction

    @property
    def nl(self) -> int:
        """Volume of all parts."""
        return sum(part.nl for part in self.parts)


def flow(body: Body, faults: Faults, commanded: Commanded) -> tuple[Body, list[Flowed]]:
    """The body after what was commanded, and what left the tip."""
    made = []
    for end in _cuts(body, faults, commanded.end_ms):
        while body.now_ms < end:
            does = effect(faults, body.now_ms)
            strokes = _between(commanded.run, body.now_ms, end)
            factor = body.accuracy.factor(body.now_ms, body.fills - 1) * does.factor
            factor *= 1 - does.held
            stop = min(end, _dry_at(body, strokes, factor) if not does.jammed else end)
            body, part = _steady(body, commanded, does, factor, stop)
            made.append(part)
    return body, made


def _cuts(body: Body, faults: Faults, end_ms: int) -> list[int]:
    """The ends of the stretches in which nothing about the body changes."""
    cuts = {end_ms} | changes(faults, body.now_ms, end_ms)
    if body.accuracy.per_day:
        first = (body.now_ms // DAY_MS + 1) * DAY_MS
        cuts |= set(range(first, end_ms, DAY_MS))
    return sorted(cuts)


def _between(run: StrokeRun | None, start_ms: int, end_ms: int) -> StrokeRun | None:
    if run is None:
        return None
    rest = run.split(DeviceTime(start_ms))[1]
    return rest.split(DeviceTime(end_ms))[0] if rest else None


def _dry_at(body: Body, run: StrokeRun | None, factor: Fraction) -> int:
    """The time after the stroke that takes the last of the reservoir; far away if none does."""
    never = 1 << 62
    if run is None or not factor or not body.reservoir.nl:
        return never
    enough = (body.reservoir.nl - body.carried.stroke) / (run.stroke_nl * factor)
    needed = enough.__ceil__()
    return never if needed > run.count else run.at(max(1, needed) - 1).ms + 1


def _steady(
    body: Body, commanded: Commanded, does: Effect, factor: Fraction, end_ms: int
) -> tuple[Body, Flowed]:
    """One stretch in which nothing changes: out of the reservoir, past the leak, to the tip."""
    start, left, carried = body.now_ms, body.reservoir.nl, body.carried
    run = None if does.jammed else _between(commanded.run, start, end_ms)
    hours = Fraction(end_ms - start, HOUR_MS)
    septum, carried_septum = _whole(carried.septum + does.septum_nl_per_h * hours, left)
    valve, carried_valve = _whole(carried.valve + does.discharge_nl_per_h * hours, left - septum)
    asked = run.count * run.stroke_nl * factor if run else Fraction(0)
    stroked, carried_stroke = _whole(carried.stroke + asked, left - septum - valve)
    out = stroked + valve
    tip, carried_tip = _whole(carried.tip + out * (1 - does.leaking), out)
    parts, line = _pushed(body, tip)
    mix, dry = body.reservoir.mix, left == septum + out
    after = replace(
        body,
        now_ms=end_ms,
        reservoir=Fluid(left - septum - out, mix),
        line=line,
        delivered=_all(body.delivered, parts),
        pumped=body.pumped.plus(out, mix),
        leaked=body.leaked.plus(septum + out - tip, mix),
        carried=Carried(carried_stroke, carried_tip, carried_septum, carried_valve),
    )
    key = (commanded.nl_per_h, does, factor, dry and not out)
    return after, Flowed(start, end_ms, parts, after.reservoir.nl, key, run, factor)


def _whole(asked: Fraction, most: int) -> tuple[int, Fraction]:
    """The whole nanolitres of what was asked for, at most so many, and what is carried on."""
    whole = asked.__floor__()
    return (whole, asked - whole) if whole <= most else (most, Fraction(0))


def _pushed(body: Body, nl: int) -> tuple[tuple[Fluid, ...], tuple[Fluid, ...]]:
    """(what leaves the tip, the line afterwards) when `nl` go into the line at the pump."""
    mix = body.reservoir.mix
    line = list(body.line)
    if not nl:
        return (Fluid(0, line[0].mix if line else mix),), body.line
    if line and line[-1].mix == mix:
        line[-1] = Fluid(line[-1].nl + nl, mix)
    else:
        line.append(Fluid(nl, mix))
    parts = list(_taken(line, nl))
    return tuple(parts), tuple(line)


def _taken(line: list[Fluid], nl: int) -> Iterator[Fluid]:
    """Take a volume off the front of the line."""
    while nl:
        first = line[0]
        part = min(nl, first.nl)
        nl -= part
        yield Fluid(part, first.mix)
        if part == first.nl:
            line.pop(0)
        else:
            line[0] = Fluid(first.nl - part, first.mix)


def _all(total: Amount, parts: tuple[Fluid, ...]) -> Amount:
    for part in parts:
        total = total.plus(part.nl, part.mix)
    return total
