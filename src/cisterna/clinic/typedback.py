"""What a second person read from a maker's screen, held against the order field by field.

Units are understood and never taken for one another: 4,400 mcg/day is 4.4 mg/day in another unit,
4.4 mcg/day is a slip. A dose matches from the order down to one step of the pump's rate below it,
which is what the pump can do instead; nothing above the order matches.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from cisterna.clinic.bodies.realpump import Compared, ScreenRead, Verdict
from cisterna.clinic.refusal import Refused
from cisterna.facts import Library
from cisterna.order.dates import RefillDates
from cisterna.order.plan import Plan
from cisterna.order.prescription import Prescription
from cisterna.order.quantise import rate_step
from cisterna.quantity import Quantity, QuantityError, show

POWERS = tuple(Fraction(10) ** n for n in (-6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6))
"""A decimal point or a unit that slipped."""
NONE = "none"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One field as ordered: from `least` to `most`; None is not ordered."""

    name: str
    typed: str
    most: Quantity | None
    least: Quantity | None = None


def compared(plan: Plan, read: ScreenRead, library: Library) -> tuple[Compared, ...]:
    """Every field, ordered beside typed. Raises `Refused` for what is no value of its kind."""
    return tuple(_rows(plan, read, library))


def _rows(plan: Plan, read: ScreenRead, library: Library) -> Iterator[Compared]:
    rx = plan.new
    yield _drug(rx, read.drug)
    yield _quantity(_Wanted("concentration", read.concentration, rx.primary.concentration))
    yield _text("mode", rx.infusion.mode, read.mode)
    step = rate_step(rx.pump.model, library).value * rx.primary.concentration
    daily = plan.program.daily_dose[rx.infusion.primary]
    yield _quantity(_Wanted("daily_dose", read.daily_dose, daily, _less(daily, step)))
    yield from _steps(plan, read.steps, step)
    yield from _remote(rx, read)
    yield _quantity(_Wanted("reservoir", read.reservoir, rx.solution.fill_volume))
    yield _alarm(plan.program.refill, read.alarm_date)
    bridge = plan.bridge if plan.bridge is not None and plan.bridge.needed else None
    volume, lasts = (bridge.volume, bridge.duration) if bridge else (None, None)
    yield _quantity(_shown("bridge_volume", read.bridge_volume, volume))
    yield _quantity(_shown("bridge_duration", read.bridge_duration, lasts))


def _shown(name: str, typed: str, value: Quantity | None) -> _Wanted:
    """A value that a screen shows with as many digits as the sheet does."""
    if value is None:
        return _Wanted(name, typed, None)
    sheet = Quantity.parse(show(value).replace(",", ""))
    return _Wanted(name, typed, max(value, sheet), min(value, sheet))


def _drug(rx: Prescription, typed: str) -> Compared:
    drug = rx.primary.drug
    names = {n.casefold() for n in (drug.id, drug.name, drug.tall_man)}
    verdict = _missing(typed) or (
        Verdict.SAME if typed.strip().casefold() in names else Verdict.DIFFERS
    )
    return Compared("drug", drug.name, typed, verdict)


def _text(name: str, ordered: str, typed: str) -> Compared:
    same = typed.strip().casefold() == ordered.casefold()
    verdict = _missing(typed) or (Verdict.SAME if same else Verdict.DIFFERS)
    return Compared(name, ordered, typed, verdict)


def _missing(typed: str) -> Verdict | None:
    return None if typed.strip() else Verdict.MISSING


def _quantity(w: _Wanted) -> Compared:
    ordered = NONE if w.most is None else show(w.most)
    empty = typed_nothing(w.typed)
    if w.most is None:
        return Compared(w.name, ordered, w.typed, Verdict.SAME if empty else Verdict.NOT_ORDERED)
    if empty:
        return Compared(w.name, ordered, w.typed, Verdict.MISSING)
    return Compared(w.name, ordered, w.typed, _verdict(w, _parsed(w.name, w.typed), w.most))


def _verdict(w: _Wanted, typed: Quantity, most: Quantity) -> Verdict:
    if typed.dimension != most.dimension or (not typed and most):
        return Verdict.DIFFERS
    if (w.least or most) <= typed <= most:
        return Verdict.SAME if typed.unit == most.unit else Verdict.OTHER_UNIT
    least = (w.least or most).base
    if any(least * p <= typed.base <= most.base * p for p in POWERS):
        return Verdict.SLIP
    return Verdict.DIFFERS


def typed_nothing(typed: str) -> bool:
    """Whether a field was left empty, or says that there is none."""
    return typed.strip().casefold() in ("", NONE)


def _parsed(name: str, typed: str) -> Quantity:
    try:
        return Quantity.parse(typed)
    except QuantityError as problem:
        words = f"{name.replace('_', ' ')}: {typed[:40]!r} is no value with its unit ({problem})."
        way_out = "Type what the screen shows, with its unit."
        raise Refused("unreadable", words, way_out) from None


def _steps(plan: Plan, typed: tuple[str, ...], step: Quantity) -> Iterator[Compared]:
    """Each step of the day; a continuous infusion is all in its daily dose."""
    concentration = plan.new.primary.concentration
    ordered = {r.at: r.ordered * concentration for r in plan.program.rates if r.until is None}
    if plan.new.infusion.mode in ("continuous", "minimum-rate", "stopped"):
        ordered = {}
    given = dict(_parted(line) for line in typed if line.strip())
    for at in sorted({*ordered, *given}):
        unit = plan.new.primary.drug.unit
        rate = ordered[at].to(f"{unit}/h") if at in ordered else None
        yield _quantity(_Wanted(f"step {at}", given.get(at, ""), rate, _less(rate, step)))


def _less(rate: Quantity | None, step: Quantity) -> Quantity | None:
    return None if rate is None else max(rate - step, rate * Fraction(0))


def _parted(line: str) -> tuple[str, str]:
    words = line.split()
    at = " ".join(w.casefold() for w in words[:-2])
    if len(words) < 3 or not at:
        text = f"Step {line[:40]!r} has no time, dose and unit."
        raise Refused("unreadable", text, "Type a step as on the screen: 00:00 0.25 mg/h.")
    return at, " ".join(words[-2:])


def _remote(rx: Prescription, read: ScreenRead) -> Iterator[Compared]:
    remote = rx.remote
    values = (None, None, None) if remote is None else (
        remote.dose, remote.duration, remote.lockout,
    )  # fmt: skip
    typed = (read.bolus_dose, read.bolus_duration, read.lockout)
    for name, text, value in zip(
        ("bolus_dose", "bolus_duration", "lockout"), typed, values, strict=True
    ):
        yield _quantity(_Wanted(name, text, value))
    yield _count(None if remote is None else remote.max_per_day, read.max_per_day)


def _count(most: int | None, typed: str) -> Compared:
    name, ordered = "max_per_day", NONE if most is None else str(most)
    empty = typed_nothing(typed)
    if most is None:
        return Compared(name, ordered, typed, Verdict.SAME if empty else Verdict.NOT_ORDERED)
    same = typed.strip() == ordered
    verdict = Verdict.MISSING if empty else Verdict.SAME if same else Verdict.DIFFERS
    return Compared(name, ordered, typed, verdict)


def _alarm(dates: RefillDates, typed: str) -> Compared:
    """The low-reservoir date, with every patient dose used or with none of them."""
    first, last = dates.low_reservoir_at, dates.low_reservoir_at_basal
    ordered = NONE if first is None else first.date().isoformat()
    if first is None or last is None or typed_nothing(typed):
        verdict = Verdict.MISSING if first is not None else Verdict.SAME
        return Compared("alarm_date", ordered, typed, verdict)
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        words = f"{typed[:40]!r} is no date."
        raise Refused("unreadable", words, "Type it as year-month-day: 2027-02-01.") from None
    inside = first.date() <= day <= last.date()
    return Compared("alarm_date", ordered, typed, Verdict.SAME if inside else Verdict.DIFFERS)
