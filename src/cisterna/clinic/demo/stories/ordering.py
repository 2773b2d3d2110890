"""What is ordered for an invented person: the first order, another dose, a fill, her own dose."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from cisterna.clinic.demo.cast import whole_cast
from cisterna.clinic.demo.orders import Drug, Therapy
from cisterna.clinic.demo.player import Player
from cisterna.clinic.demo.steps import SOON, Change, read
from cisterna.clinic.demo.stories.planning import plan_of, staff
from cisterna.order.program import program
from cisterna.order.schedule import schedule
from cisterna.quantity import show

LONGEST = timedelta(days=84)
"""Between two refills at most (invented, and inside what is stable)."""
EARLY = timedelta(days=2)
"""How long before the last day she comes (invented)."""

Makes = Callable[[Player], Therapy]


def change(
    makes: Makes,
    why: str,
    *,
    refill: bool = False,
    nurse: bool = False,
    far: str = "sent",
    later: timedelta = SOON,
) -> Change:
    """A change through the gate by a physician, or by a nurse on her order."""
    by = staff("nurse") if nurse else staff("physician")
    second = staff("second-nurse") if nurse else staff("colleague")
    return Change(makes, by, second, staff("physician"), why, refill=refill, far=far, later=later)


def first(player: Player) -> Therapy:
    """The first order, into a line that holds no drug."""
    plan, cast, device = plan_of(player), whole_cast(), player.role.device
    if device is None:
        raise LookupError(f"{player.role.id} has no pump in the cast")
    return Therapy(
        by=staff("physician").who,
        phase="start",
        patient=player.role.patient,
        device=device,
        drugs=plan.drugs,
        filled_at=minute(player.at),
        fill=cast.fill_large if device.model.endswith("-40") else cast.fill,
        dose=plan.doses[0],
        steps=plan.steps,
        infusion=plan.infusion,
        floor=plan.floor,
        alarm=cast.alarm,
        implanted=player.at.date(),
        fresh=True,
    )


def minute(at: datetime) -> datetime:
    """The time as an order names it."""
    return at.replace(second=0, microsecond=0)


def running(player: Player) -> Therapy:
    """What runs. Raises `LookupError` where nothing does."""
    if player.runs is None:
        raise LookupError(f"nothing runs in the pump of {player.role.id}")
    return player.runs


def daily(player: Player) -> str:
    """The mean daily dose that runs."""
    rx = read(player, running(player), None)
    return show(rx.doses_of(schedule(rx).mean)[rx.infusion.primary])


def with_dose(dose: str, phase: str = "titration") -> Makes:
    """The same with another dose."""
    return lambda p: replace(running(p), dose=dose, phase=phase, previous=daily(p))


def refilled(drugs: tuple[Drug, ...] = ()) -> Makes:
    """The same in a fresh fill, or another solution."""

    def makes(player: Player) -> Therapy:
        old, at = running(player), minute(player.at)
        before, phase = daily(player), "maintenance"
        solution = drugs or old.drugs
        return replace(old, drugs=solution, filled_at=at, phase=phase, previous=before)

    return makes


def remote(player: Player) -> Therapy:
    """The same with the patient's dose enabled."""
    own = plan_of(player).remote
    return replace(running(player), remote=own, phase="maintenance", previous=daily(player))


def lasts(player: Player) -> timedelta:
    """From a fill until the low-reservoir alarm, as the order's own dates say."""
    rx = read(player, running(player), None)
    low = program(rx, player.stage.library).refill.low_reservoir_at_basal
    return low - rx.solution.filled_at if low else LONGEST


def comes_back(player: Player, therapy: Therapy) -> datetime:
    """When she is booked for the next refill: before the order's last day, and not too long."""
    rx = read(player, therapy, None)
    last = program(rx, player.stage.library).refill.refill_by
    longest = therapy.filled_at + LONGEST
    return longest if last is None else min(longest, last - EARLY)
