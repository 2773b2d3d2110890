"""How each worked example is computed: by the same functions that a command calls.

`results()` gives a value for each id of examples.toml: a quantity, a moment, a ratio or a word.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from cisterna.order.bridge import Bridge, bridge
from cisterna.order.compound import compound
from cisterna.order.convert import convert
from cisterna.order.dates import RefillDates, refill_dates
from cisterna.order.delivery import delivery
from cisterna.order.line import Refused, catheter_volume, line_volume
from cisterna.order.prescription import Prescription
from cisterna.order.prime import prime
from cisterna.order.program import max_daily_dose, program
from cisterna.order.residual import residual
from cisterna.order.schedule import schedule
from cisterna.order.trace import TipTrace, plug_trace, slug
from cisterna.quantity import Quantity, between
from tests.orders import BASE, LIBRARY, order, read

Value = Quantity | Fraction | datetime | str
Row = tuple[str, Value]

_PLAIN = order(remote=None, limits=None, safe=None, alarm__low_reservoir="2 mL")
_TWO_DAYS = Quantity.of(2, "day")


def rx(**changes: Any) -> Prescription:
    """The order of the worked examples: 4.4 mg/day of 20 mg/mL morphine, changed."""
    return read(order(_PLAIN, **changes))


def morphine(strength: str, dose: str = "4.4 mg/day", **changes: Any) -> Prescription:
    """A continuous morphine order."""
    given = {"solution__drug__0__concentration": strength, "infusion__daily_dose": dose}
    return rx(**given, **changes)


def baclofen(strength: str, dose: str, **changes: Any) -> Prescription:
    """A continuous baclofen order."""
    drug = {"name": "baclofen", "concentration": strength, "preservative_free": True}
    infusion = {"primary": "baclofen", "mode": "continuous", "daily_dose": dose}
    return rx(solution__drug=[drug], infusion=infusion, **changes)


def results() -> dict[str, Value]:
    """Every worked example, computed."""
    parts = (
        *(_line(), _prime(), _up(), _down(), _mixing(), _refill(), _residual(), _port()),
        *(_budget(), _flex(), _least(), _mixture(), _week(), _bolus(), _rounding(), _convert()),
    )
    return {name: value for part in parts for name, value in part}


def _line() -> Iterator[Row]:
    segments = rx().catheter
    if segments is not None:
        yield "length-implanted", segments.segments[0].implanted
    yield "catheter-volume", catheter_volume(rx()).most
    yield "line-volume", line_volume(rx(), "bridge").most
    yield "line-volume-199", line_volume(rx(pump__tubing_volume="0.199 mL"), "bridge").most


def _prime() -> Iterator[Row]:
    ten = morphine("10 mg/mL")
    cases = {"a": "new-implant", "b": "unprimed", "c": "catheter-replaced"}
    for letter, case in cases.items():
        yield from _primed(letter, ten, case)
    new = {"model": "ascenda-8780", "supplied": "30 cm", "trimmed": "5 cm", "new": True}
    rows = [*BASE["catheter"]["segment"], new]
    yield from _primed("d", morphine("10 mg/mL", catheter__segment=rows), "segment-replaced")
    try:
        prime(ten, "refill")
    except Refused as refused:
        yield "prime-e", f"refused: {refused.code}"
    yield from _too_much()


def _primed(letter: str, order_: Prescription, case: str) -> Iterator[Row]:
    found = prime(order_, case)
    yield f"prime-{letter}-volume", found.volume
    yield f"prime-{letter}-dose", found.dose["morphine"]
    if found.min_duration is not None:
        yield f"prime-{letter}-time", found.min_duration


def _too_much() -> Iterator[Row]:
    """What the old tubing volume adds to a prime."""
    old = {"pump__tubing_volume": "0.199 mL"}
    yield (
        "prime-199-volume",
        prime(rx(**old), "unprimed").volume - prime(rx(), "unprimed").volume,
    )
    for strength in ("10", "25"):
        text = f"{strength} mg/mL"
        more = prime(morphine(text, **old), "unprimed").dose["morphine"]
        yield f"prime-199-{strength}", more - prime(morphine(text), "unprimed").dose["morphine"]
    for strength in ("500", "2000"):
        text = f"{strength} mcg/mL"
        more = prime(baclofen(text, "400 mcg/day", **old), "unprimed").dose["baclofen"]
        usual = prime(baclofen(text, "400 mcg/day"), "unprimed").dose["baclofen"]
        yield f"prime-199-{strength}", more - usual


# The bridge --------------------------------------------------------------------------------------


def _between(old: Prescription, new: Prescription) -> Bridge:
    return bridge(old, new, LIBRARY)


def _tip(
    old: Prescription, new: Prescription, setting: tuple[Quantity, Quantity] | None, line: Quantity
) -> TipTrace:
    """Plug flow to the tip through a line that really holds `line`."""
    runs = delivery(new, setting, all_patient_doses=False).runs(Fraction(3))
    return plug_trace(new.solution.filled_at, None, runs, [slug(old, line)], slug(new, line))


def _after_bridge(trace: TipTrace, rate: Quantity) -> tuple[Quantity, Quantity]:
    """(how long, how much) while the tip gives `rate`, which is neither old nor new dose."""
    pieces = [p for p in trace.pieces if p.doses["morphine"] == rate]
    zero = Quantity.of(0, "h")
    lasts = sum(((p.end - p.start).to("h") for p in pieces), zero)
    mass = sum((trace.mass("morphine", p.start, p.end) for p in pieces), Quantity.of(0, "mg"))
    return lasts, mass


def _odd_rate(trace: TipTrace, *ordered: str) -> Quantity:
    """The one dose rate at the tip that nobody ordered."""
    wanted = {Quantity.parse(text) for text in ordered}
    (only,) = {p.doses["morphine"] for p in trace.pieces} - wanted
    return only.to("mg/day")


def _up() -> Iterator[Row]:
    old, new = morphine("10 mg/mL", "4.0 mg/day"), morphine("20 mg/mL")
    found = _between(old, new)
    yield "up-volume", found.volume
    yield "up-dose", found.dose["morphine"]
    yield "up-mislabelled", new.doses_of(found.volume)["morphine"]
    yield "up-rate", found.rate
    yield "up-duration", found.duration
    yield "up-duration-clock", found.duration
    yield "up-then-rate", found.then_rate
    bridged = _tip(old, new, found.setting, found.volume)
    yield "up-48h", bridged.mass("morphine", Quantity.of(0, "h"), _TWO_DAYS)
    yield from _omitted("up", old, new, found)
    yield "up-omitted-rate", found.then_rate
    omitted = _tip(old, new, None, found.volume)
    yield "up-omitted-48h", omitted.mass("morphine", Quantity.of(0, "h"), _TWO_DAYS)
    long, short = _wrong_line("10 mg/mL", "4.0 mg/day", "20 mg/mL", "4.4 mg/day")
    yield "up-long-duration", long[0].duration
    rate = _odd_rate(long[1], "4.0 mg/day", "4.4 mg/day")
    lasts, mass = _after_bridge(long[1], rate)
    yield "up-long-dose", rate
    yield "up-long-excess", lasts
    yield "up-long-mass", mass
    yield "up-short-early", long[0].duration - short[0].duration
    yield "up-short-volume", long[0].volume - short[0].volume
    rate = _odd_rate(short[1], "4.0 mg/day", "4.4 mg/day")
    yield "up-short-dose", rate
    yield "up-short-lasts", _after_bridge(short[1], rate)[0]


def _down() -> Iterator[Row]:
    old, new = morphine("20 mg/mL", "4.0 mg/day"), morphine("10 mg/mL", "4.0 mg/day")
    found = _between(old, new)
    yield "down-volume", found.volume
    yield "down-dose", found.dose["morphine"]
    yield "down-rate", found.rate
    yield "down-duration", found.duration
    yield from _omitted("down", old, new, found)
    long, short = _wrong_line("20 mg/mL", "4.0 mg/day", "10 mg/mL", "4.0 mg/day")
    yield "down-short-early", long[0].duration - short[0].duration
    rate = _odd_rate(short[1], "4.0 mg/day")
    lasts, mass = _after_bridge(short[1], rate)
    yield "down-short-dose", rate
    yield "down-short-lasts", lasts
    yield "down-short-mass", mass
    rate = _odd_rate(long[1], "4.0 mg/day")
    yield "down-long-dose", rate
    yield "down-long-lasts", _after_bridge(long[1], rate)[0]


def _omitted(way: str, old: Prescription, new: Prescription, found: Bridge) -> Iterator[Row]:
    omitted = found.omitted
    yield f"{way}-omitted-dose", omitted.by_drug["morphine"].delivered
    if omitted.delivered_fraction is not None and omitted.lasts is not None:
        yield f"{way}-omitted-fraction", omitted.delivered_fraction
        yield f"{way}-omitted-lasts", omitted.lasts


def _wrong_line(
    *way: str,
) -> tuple[tuple[Bridge, TipTrace], tuple[Bridge, TipTrace]]:
    """Set with 0.199 while the tubing really holds 0.140, and the other way round."""
    before, dose, after, new_dose = way
    found = {}
    for tubing in ("0.199 mL", "0.140 mL"):
        own = {"pump__tubing_volume": tubing}
        old, new = morphine(before, dose, **own), morphine(after, new_dose, **own)
        found[tubing] = (old, new, _between(old, new))
    (old, new, long), (_, _, short) = found["0.199 mL"], found["0.140 mL"]
    return (
        (long, _tip(old, new, long.setting, short.volume)),
        (short, _tip(old, new, short.setting, long.volume)),
    )


def _mixing() -> Iterator[Row]:
    mixed = _between(morphine("10 mg/mL", "4.0 mg/day"), morphine("20 mg/mL")).residual_mix
    if mixed is not None:
        strength = mixed["morphine"]
        ordered = Quantity.of(20, "mg/mL")
        yield "residual-mix", strength
        yield "residual-mix-percent", ((strength - ordered) / ordered).to("%")


# Dates and volumes -------------------------------------------------------------------------------


def _dates(order_: Prescription, bridged: Bridge | None = None) -> RefillDates:
    return refill_dates(order_, LIBRARY, bridged)


def _date(name: str, order_: Prescription, at: datetime | None) -> Iterator[Row]:
    if at is not None:
        yield f"refill-{name}-days", between(order_.solution.filled_at, at)
        yield f"refill-{name}-date", at


def _refill() -> Iterator[Row]:
    plain, remote = morphine("20 mg/mL"), morphine("20 mg/mL", remote=BASE["remote"])
    bridged = _between(morphine("10 mg/mL", "4.0 mg/day"), plain)
    yield from _date("plain", plain, _dates(plain).low_reservoir_at)
    yield from _date("bridge", plain, _dates(plain, bridged).low_reservoir_at)
    yield from _date("remote", remote, _dates(remote, bridged).low_reservoir_at)
    yield from _date("stability", plain, _dates(plain).stable_until)
    earliest = _dates(plain).earliest_empty_at
    if earliest is not None:
        yield "refill-earliest", between(plain.solution.filled_at, earliest)
    for volume in ("18", "20", "40"):
        left, fill = _left_when_fast_pump_is_empty(volume)
        yield f"refill-alarm-{volume}", left
        if volume == "20":
            yield "refill-alarm-part", (left / fill).to("%")


def _left_when_fast_pump_is_empty(fill: str) -> tuple[Quantity, Quantity]:
    """What the pump's own count still shows when a pump at its accuracy limit is empty."""
    order_ = rx(pump__model="synchromed-ii-40", solution__fill_volume=f"{fill} mL")
    earliest = _dates(order_).earliest_empty_at
    if earliest is None:
        raise LookupError("the pump's accuracy")
    days = between(order_.solution.filled_at, earliest).number("day")
    filled = order_.solution.fill_volume
    return filled - Quantity.of(delivery(order_).volume(days), "mL"), filled


def _residual() -> Iterator[Row]:
    # 0.2 mL/day from 20 mL: 82 days leave 3.6 mL, 20 days 16; 0.4 mL/day from 40 mL, 85 days 6.
    small = morphine("20 mg/mL", "4 mg/day")
    large = morphine(
        "20 mg/mL", "8 mg/day", pump__model="synchromed-ii-40", solution__fill_volume="40 mL"
    )
    rows = ((small, 82, "1.5"), (small, 82, "6.2"), (small, 20, "15.0"), (large, 85, "3.9"))
    for number, (order_, days, measured) in enumerate(rows, 1):
        at = order_.solution.filled_at + timedelta(days=days)
        found = residual(order_, LIBRARY, Quantity.parse(f"{measured} mL"), at)
        if found.ratio is not None:
            yield f"residual-{number}-ratio", found.ratio
        yield f"residual-{number}-difference", found.discrepancy
        yield f"residual-{number}-verdict", found.verdict


def _port() -> Iterator[Row]:
    order_ = morphine("20 mg/mL")
    volume, flow = catheter_volume(order_).most, schedule(order_).mean
    mass, day = order_.doses_of(volume)["morphine"], order_.doses_of(flow)["morphine"]
    yield "cap-mass", mass
    yield "cap-part", (mass / (day * Quantity.of(1, "day"))).to("%")
    strong = baclofen("2000 mcg/mL", "400 mcg/day")
    yield "cap-baclofen", strong.doses_of(catheter_volume(strong).most)["baclofen"]
    yield "cap-unprimed", (volume / flow).to("h")


def _budget() -> Iterator[Row]:
    order_ = morphine("20 mg/mL", remote=BASE["remote"])
    largest = max_daily_dose(order_)["morphine"]
    basal = order_.doses_of(schedule(order_).mean)["morphine"]
    yield "budget-dose", largest
    yield "budget-percent", ((largest - basal) / basal).to("%")
    remote = order_.remote
    if remote is not None:
        volume = order_.volume_of(remote.dose)
        yield "budget-volume", volume
        yield "budget-flow", volume / remote.duration
        yield "budget-by-time", Quantity.of(1, "day").base / remote.lockout.base


# Schedules ---------------------------------------------------------------------------------------


def _flex() -> Iterator[Row]:
    steps = [
        {"from": "00:00", "dose_rate": "0.15 mg/h"},
        {"from": "10:00", "dose_rate": "0.25 mg/h"},
        {"from": "15:00", "dose_rate": "0.183333 mg/h"},
    ]
    order_ = rx(infusion={"primary": "morphine", "mode": "flex", "step": steps})
    pattern = schedule(order_)
    ends = {"night": (0, 10), "noon": (10, 15), "evening": (15, 24)}
    for name, (start, end) in ends.items():
        edges = (Fraction(start, 24) - pattern.phase, Fraction(end, 24) - pattern.phase)
        volume = Quantity.of(pattern.volume(*edges), "mL")
        yield f"flex-{name}", order_.doses_of(volume)["morphine"]
    yield "flex-dose", order_.doses_of(pattern.mean)["morphine"]
    yield "flex-volume", program(order_, LIBRARY).daily_volume


def _least() -> Iterator[Row]:
    smallest = LIBRARY.pump("synchromed-ii-20").flow_min
    if smallest is None:
        raise LookupError("the pump's smallest flow")
    flow = smallest.value
    yield "least-morphine", morphine("25 mg/mL").doses_of(flow)["morphine"]
    for strength in ("500", "2000"):
        order_ = baclofen(f"{strength} mcg/mL", "400 mcg/day")
        yield f"least-baclofen-{strength}", order_.doses_of(flow)["baclofen"]
    drug = {"name": "ziconotide", "concentration": "25 mcg/mL", "product": "prialt-25"}
    infusion = {"primary": "ziconotide", "mode": "continuous", "daily_dose": "0.5 mcg/day"}
    ziconotide = rx(solution__drug=[drug], infusion=infusion)
    yield "least-ziconotide", ziconotide.doses_of(flow)["ziconotide"]
    dose = ziconotide.infusion.daily_dose
    if dose is not None:
        yield "weakest-ziconotide", (dose / flow).to("mcg/mL")
    yield from _swapped()


def _swapped() -> Iterator[Row]:
    """Baclofen at 0.25 mL/day through a line of 0.35 mL, the bridge left out."""
    line = {"pump__tubing_volume": "0.17092 mL"}
    strong = baclofen("2000 mcg/mL", "500 mcg/day", **line)
    weak = baclofen("500 mcg/mL", "125 mcg/day", **line)
    down, up = _between(strong, weak).omitted, _between(weak, strong).omitted
    if down.delivered_fraction is not None and up.delivered_fraction is not None:
        yield "omitted-2000-500", down.delivered_fraction
        yield "omitted-500-2000", up.delivered_fraction
    if down.lasts is not None:
        yield "omitted-lasts", down.lasts


def _mixture() -> Iterator[Row]:
    def mixed(strength: str, **changes: Any) -> Prescription:
        second = {"name": "bupivacaine", "concentration": "10 mg/mL", "preservative_free": True}
        first = {"name": "morphine", "concentration": strength, "preservative_free": True}
        return rx(solution__drug=[first, second], **changes)

    order_, remote = mixed("20 mg/mL"), mixed("20 mg/mL", remote=BASE["remote"])
    flow = schedule(order_).mean
    yield "mixture-flow", flow
    yield "mixture-second", order_.doses_of(flow)["bupivacaine"]
    yield "mixture-largest", max_daily_dose(remote)["bupivacaine"]
    found = _between(order_, mixed("10 mg/mL"))
    yield "mixture-bridge-first", found.dose["morphine"]
    yield "mixture-bridge-second", found.dose["bupivacaine"]
    fraction = found.omitted.by_drug["morphine"].fraction_of_old
    if fraction is not None:
        yield "mixture-omitted-first", fraction
    yield "mixture-omitted-second", found.omitted.by_drug["bupivacaine"].delivered
    big = mixed("20 mg/mL", pump__model="synchromed-ii-40", solution__fill_volume="40 mL")
    stocks = {"morphine": Quantity.of(25, "mg/mL"), "bupivacaine": Quantity.of(50, "mg/mL")}
    recipe = compound(big, stocks)
    yield "mixture-stock-first", recipe.rows[0].take
    yield "mixture-stock-second", recipe.rows[1].take
    yield "mixture-diluent", recipe.diluent


def _week() -> Iterator[Row]:
    weekdays = ["mon", "tue", "wed", "thu", "fri"]
    steps = [
        {"from": "00:00", "dose_rate": "0.2 mg/h", "days": weekdays},
        {"from": "00:00", "dose_rate": "0.3 mg/h", "days": ["sat", "sun"]},
    ]
    order_ = rx(infusion={"primary": "morphine", "mode": "flex", "step": steps})
    pattern = schedule(order_)
    yield "week-volume", Quantity.of(pattern.cycle_volume, "mL")
    yield "week-mean", order_.doses_of(pattern.mean)["morphine"]
    yield "week-largest", max_daily_dose(order_)["morphine"]
    low = _dates(order_).low_reservoir_at
    if low is not None:
        yield "week-alarm", low


def _bolus() -> Iterator[Row]:
    def every(interval: str) -> Prescription:
        return rx(
            infusion={
                "primary": "morphine",
                "mode": "periodic-bolus",
                "dose": "0.5 mg",
                "duration": "30 min",
                "interval": interval,
                "background": "0.96 mg/day",
            }
        )

    sixth, fifth = every("6 h"), every("5 h")
    found = program(sixth, LIBRARY)
    yield "bolus-volume", found.daily_volume
    yield "bolus-dose", found.daily_dose["morphine"]
    yield "bolus-flow", schedule(sixth).flows[-1]
    yield "bolus-achieved", max(row.rate for row in found.rates)
    yield "bolus-fifth-mean", fifth.doses_of(schedule(fifth).mean)["morphine"]
    yield "bolus-fifth-largest", max_daily_dose(fifth)["morphine"]


def _rounding() -> Iterator[Row]:
    found = program(morphine("20 mg/mL"), LIBRARY)
    yield "round-rate", found.rates[0].rate
    yield "round-volume", found.achieved.daily_volume
    yield "round-dose", found.achieved.daily_dose["morphine"]
    remote = {**BASE["remote"], "dose": "0.24 mg"}
    pulsed = program(rx(pump__model="prometra-ii-20", remote=remote), LIBRARY)
    if pulsed.achieved.patient_dose is not None:
        yield "round-pulse", pulsed.achieved.patient_dose["morphine"]


def _convert() -> Iterator[Row]:
    found = convert(LIBRARY, "morphine", Quantity.of(300, "mg"), "oral", "intrathecal")
    yield "convert-low", found.low
    yield "convert-high", found.high
