"""From the implant on: the operation, the titration, refills for years, and what happens."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

from cisterna.clinic.demo.player import Player, Step, Story
from cisterna.clinic.demo.steps import AskDose, Fault, PairRemote, Read, Scan, Stop, lost_at
from cisterna.clinic.demo.stories import at_home, revised, years
from cisterna.clinic.demo.stories.implant import home, operated, red_flag, titrated
from cisterna.clinic.demo.stories.ordering import (
    change,
    comes_back,
    daily,
    lasts,
    refilled,
    remote,
    running,
    with_dose,
)
from cisterna.clinic.demo.stories.planning import (
    DAY,
    HOUR,
    implant_planned,
    next_morning,
    plan_of,
    staff,
)
from cisterna.clinic.demo.stories.refill import begun, refill
from cisterna.quantity import Quantity, show


def treated(player: Player) -> Iterator[Step]:
    """The whole of it, up to the demonstration's present."""
    yield from implant_planned(player)
    yield from operated(player)
    yield from home(player)
    yield from titrated(player)
    yield from TAILS[player.role.tail](player)


def flagged(player: Player) -> Iterator[Step]:
    """A red flag of the nerves on the day after the operation."""
    yield from implant_planned(player)
    yield from red_flag(player)


def refills(player: Player, until: datetime) -> Iterator[Step]:
    """One refill after the other, each on the day for which she is booked, and what else is due."""
    yield from years.cared(player, until)


# How it ends, for now ----------------------------------------------------------------------------


def steady(player: Player) -> Iterator[Step]:
    """Up to date: refills, visits, laboratory and reviews, each when it was due."""
    if player.role.plan == "morphine":
        yield from years.opioids(player)
    yield from years.adverse(player)
    yield from years.cared(player, player.end)


def weaker(player: Player) -> Iterator[Step]:
    """Another concentration at a refill, with its bridge; then refills of it."""
    yield from refills(player, player.end - 200 * DAY)
    yield from refill(player, next_morning(player, 20), plan_of(player).then)
    yield from refills(player, player.end)


def missed_refill(player: Player) -> Iterator[Step]:
    """The last refill is so long ago that the alarm comes in two days."""
    last = player.end + 2 * DAY - lasts(player)
    yield from refills(player, last - 10 * DAY)
    yield from refill(player, player.until(last))


def over_infusion(player: Player) -> Iterator[Step]:
    """The pump gives more than it reckons: too little comes back, and the refill waits."""
    yield from refills(player, player.end - 30 * DAY)
    yield Fault("over-infusion", None, Fraction(7, 5), player.until(player.end - 26 * DAY))
    yield from begun(player, player.until(player.end - HOUR))


def waiting(player: Player) -> Iterator[Step]:
    """A change of the concentration is proposed and waits for a second signature."""
    yield from refills(player, player.end - DAY)
    other = refilled(plan_of(player).then)
    later = player.until(player.end - timedelta(minutes=5))
    yield change(other, "a finer step of the dose", refill=True, far="proposed", later=later)


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
    makes = with_dose(_more(player, Fraction(11, 10)), "maintenance")
    later = player.until(player.end - 2 * HOUR)
    sent = change(makes, "more pain since the frost", later=later)
    yield replace(sent, spoil=lost_at("activate"))


def _more(player: Player, share: Fraction) -> str:
    """The running dose times this."""
    return show(Quantity.parse(daily(player)) * share)


def glass(player: Player) -> Iterator[Step]:
    """A nurse alone stopped the pump at night; it waits for a review."""
    yield from refills(player, player.end - 2 * DAY)
    why = "breathing 7 a minute and hard to wake; nobody else in the house"
    yield Stop(staff("nurse"), why, player.until(player.end - 7 * HOUR))


def patient_doses(player: Player) -> Iterator[Step]:
    """She has her own dose: some are granted, some come too soon."""
    yield change(remote, "pain comes in attacks", later=next_morning(player, 7))
    yield PairRemote(HOUR)
    yield from refills(player, player.end - 21 * DAY)
    yield from at_home.settled(player)
    yield AskDose(player.until(player.end - 20 * DAY))
    asked = 0
    while player.at < player.end - 28 * HOUR:
        asked += 1
        if asked % 4 == 0:
            yield from at_home.lived(player, asked)
            yield Read(staff("nurse"))
        if comes_back(player, running(player)) < player.at + DAY:
            yield from refill(player, next_morning(player, 1))
        hours = player.random.choice((1, 2, 4, 7, 9, 12, 16))
        yield AskDose(hours * HOUR)
    yield from at_home.talked(player)


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
    "adjusting": years.adjusting,
    "emergency": years.emergency,
    "prepared": years.prepared,
    "trouble": years.trouble,
    "revision": years.revision,
    "explanted": years.explanted,
    "died": years.died,
    "tapered": years.tapered,
    "reviewed": years.reviewed,
    "revised": revised.observed,
    "patient-doses": patient_doses,
}
