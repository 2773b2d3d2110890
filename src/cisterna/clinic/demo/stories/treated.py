"""From the implant on: the first programme, the titration, refills for years, and what happens."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

from cisterna.clinic.demo.cast import whole_cast
from cisterna.clinic.demo.orders import Drug, Therapy
from cisterna.clinic.demo.player import Player, Step, Story
from cisterna.clinic.demo.steps import (
    AskDose,
    Change,
    Fault,
    PairRemote,
    Scan,
    Stop,
    lost_at,
    read,
)
from cisterna.clinic.demo.stories.planning import (
    DAY,
    HOUR,
    implant_planned,
    morning_of,
    next_morning,
    plan_of,
    staff,
)
from cisterna.order.program import program
from cisterna.order.schedule import schedule
from cisterna.quantity import Quantity, show

TITRATED_DAYS = 6
"""Between two steps of the dose (invented)."""
LONGEST = 84 * DAY
"""Between two refills at most (invented, and inside what is stable)."""
KEPT = Fraction(17, 20)
"""The share of what may be pumped after which she is asked to come (invented)."""

Makes = Callable[[Player], Therapy]


def treated(player: Player) -> Iterator[Step]:
    """The whole of it, up to the demonstration's present."""
    yield from implant_planned(player)
    yield from started(player)
    yield from TAILS[player.role.tail](player)


def started(player: Player) -> Iterator[Step]:
    """First fill and programme, then one step of the dose after the other."""
    later = next_morning(player, 14)
    yield _change(_first, "the first programme", refill=True, later=later)
    for dose in plan_of(player).doses[1:]:
        better = "pain is less and not yet little enough; no sedation"
        yield _change(_with(dose), better, later=next_morning(player, TITRATED_DAYS))


def _change(
    makes: Makes,
    why: str,
    *,
    refill: bool = False,
    nurse: bool = False,
    far: str = "sent",
    later: timedelta,
) -> Change:
    by = staff("nurse") if nurse else staff("physician")
    second = staff("second-nurse") if nurse else staff("colleague")
    return Change(makes, by, second, staff("physician"), why, refill=refill, far=far, later=later)


# What is ordered ---------------------------------------------------------------------------------


def _first(player: Player) -> Therapy:
    plan, cast, device = plan_of(player), whole_cast(), player.role.device
    if device is None:
        raise LookupError(f"{player.role.id} has no pump in the cast")
    fill = cast.fill_large if device.model.endswith("-40") else cast.fill
    return Therapy(
        by=staff("physician").who,
        phase="start",
        patient=player.role.patient,
        device=device,
        drugs=plan.drugs,
        filled_at=_minute(player.at),
        fill=fill,
        dose=plan.doses[0],
        steps=plan.steps,
        infusion=plan.infusion,
        floor=plan.floor,
        alarm=cast.alarm,
        implanted=player.at.date(),
        fresh=True,
    )


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _running(player: Player) -> Therapy:
    if player.runs is None:
        raise LookupError(f"nothing runs in the pump of {player.role.id}")
    return player.runs


def _daily(player: Player) -> str:
    """The mean daily dose that runs."""
    rx = read(player, _running(player), None)
    return show(rx.doses_of(schedule(rx).mean)[rx.infusion.primary])


def _with(dose: str, phase: str = "titration") -> Makes:
    """The same with another dose."""
    return lambda p: replace(_running(p), dose=dose, phase=phase, previous=_daily(p))


def _refilled(drugs: tuple[Drug, ...] = ()) -> Makes:
    """The same in a fresh fill, or another solution."""

    def makes(player: Player) -> Therapy:
        old = _running(player)
        return replace(
            old,
            drugs=drugs or old.drugs,
            filled_at=_minute(player.at),
            phase="maintenance",
            previous=_daily(player),
        )

    return makes


def _remote(player: Player) -> Therapy:
    """The same with the patient's dose enabled."""
    old = _running(player)
    return replace(old, remote=plan_of(player).remote, phase="maintenance", previous=_daily(player))


# How long a fill lasts ---------------------------------------------------------------------------


def _lasts(player: Player) -> timedelta:
    """From a fill until the low-reservoir alarm, as the order's own dates say."""
    rx = read(player, _running(player), None)
    low = program(rx, player.stage.library).refill.low_reservoir_at_basal
    return low - rx.solution.filled_at if low else LONGEST


def _cadence(player: Player) -> timedelta:
    lasts = _lasts(player)
    return min(LONGEST, timedelta(days=int(lasts // DAY * KEPT)))


def refills(player: Player, until: datetime) -> Iterator[Step]:
    """One refill after the other, each when it is due."""
    while (due := _running(player).filled_at + _cadence(player)) < until:
        comes = player.until(morning_of(player, due))
        yield _change(_refilled(), "refill", refill=True, nurse=True, later=comes)


# How it ends, for now ----------------------------------------------------------------------------


def steady(player: Player) -> Iterator[Step]:
    """Refills, and nothing else."""
    yield from refills(player, player.end)


def weaker(player: Player) -> Iterator[Step]:
    """Another concentration at a refill, with its bridge; then refills of it."""
    yield from refills(player, player.end - 200 * DAY)
    other = _refilled(plan_of(player).then)
    later = next_morning(player, 20)
    yield _change(other, "a finer step of the dose", refill=True, nurse=True, later=later)
    yield from refills(player, player.end)


def missed_refill(player: Player) -> Iterator[Step]:
    """The last refill is so long ago that the alarm comes in two days."""
    last = player.end + 2 * DAY - _lasts(player)
    yield from refills(player, last - 10 * DAY)
    yield _change(_refilled(), "refill", refill=True, nurse=True, later=player.until(last))


def over_infusion(player: Player) -> Iterator[Step]:
    """The pump gives more than it reckons; it shows at the next refill."""
    yield from refills(player, player.end - 150 * DAY)
    yield Fault("over-infusion", None, Fraction(5, 4), player.until(player.end - 140 * DAY))
    yield from refills(player, player.end)


def waiting(player: Player) -> Iterator[Step]:
    """A change of the concentration is proposed and waits for a second signature."""
    yield from refills(player, player.end - DAY)
    proposed = _refilled(plan_of(player).then)
    later = player.until(player.end - timedelta(minutes=5))
    yield _change(proposed, "a finer step of the dose", refill=True, far="proposed", later=later)


def stall(player: Player) -> Iterator[Step]:
    """A scan at night: the rotor stood still, and turned again."""
    yield from refills(player, player.end - 2 * DAY)
    yield Scan(timedelta(minutes=40), later=player.until(player.end - 12 * HOUR))
    yield Fault("stall", 3 * HOUR, later=HOUR)


def scanned(player: Player) -> Iterator[Step]:
    """A scan has begun and has not ended."""
    yield from refills(player, player.end - DAY)
    later = player.until(player.end - timedelta(minutes=30))
    yield Scan(timedelta(minutes=30), ends=False, later=later)


def unknown(player: Player) -> Iterator[Step]:
    """The link broke at the activation: nobody knows what runs."""
    yield from refills(player, player.end - 2 * DAY)
    makes = _with(_more(player, Fraction(11, 10)), "maintenance")
    change = _change(makes, "more pain since the frost", later=player.until(player.end - 2 * HOUR))
    yield replace(change, spoil=lost_at("activate"))


def _more(player: Player, share: Fraction) -> str:
    """The running dose times this."""
    return show(Quantity.parse(_daily(player)) * share)


def glass(player: Player) -> Iterator[Step]:
    """A nurse alone stopped the pump at night; it waits for a review."""
    yield from refills(player, player.end - 2 * DAY)
    why = "breathing 7 a minute and hard to wake; nobody else in the house"
    yield Stop(staff("nurse"), why, player.until(player.end - 7 * HOUR))


def patient_doses(player: Player) -> Iterator[Step]:
    """She has her own dose: some are granted, some come too soon."""
    yield _change(_remote, "pain comes in attacks", later=next_morning(player, 7))
    yield PairRemote(HOUR)
    yield from refills(player, player.end - 21 * DAY)
    yield AskDose(player.until(player.end - 20 * DAY))
    while player.at < player.end - 8 * HOUR:
        hours = player.random.choice((1, 2, 4, 7, 9, 12, 16))
        yield AskDose(hours * HOUR)


TAILS: Mapping[str, Story] = {
    "steady": steady,
    "weaker": weaker,
    "missed-refill": missed_refill,
    "over-infusion": over_infusion,
    "waiting": waiting,
    "stall": stall,
    "scanned": scanned,
    "unknown": unknown,
    "glass": glass,
    "patient-doses": patient_doses,
}
