"""Everybody's story, step by step in the order of time, as one history."""

import heapq
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from random import Random

from cisterna.clinic.course import Person
from cisterna.clinic.demo.cast import Cast, Role
from cisterna.clinic.demo.orders import Device, Drug, Therapy
from cisterna.clinic.demo.player import Player, Step
from cisterna.clinic.demo.stage import Stage
from cisterna.clinic.demo.stories import STORIES
from cisterna.clinic.refusal import Refused as ActRefused
from cisterna.facts import Library
from cisterna.order.line import Refused
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.pump.fleet import Fleet, create

SEED = 1
WATER = Drug("morphine", "10 mg/mL")
"""What an order in stock has to name so that it can be read; the reservoir holds water."""

Told = Callable[[datetime], None]


class Broken(RuntimeError):
    """A story asked for what the clinic refuses: the story is wrong, or the clinic has changed."""


def new_fleet(folder: Path, cast: Cast, library: Library) -> Fleet:
    """Every pump of the cast and a few more, in stock. Raises `Unusable`."""
    devices = [*(p.device for p in cast.people if p.device), *cast.stock]
    orders = [_in_stock(device, cast, library) for device in devices]
    return create(folder, orders, len(orders), library, blank=True, demonstration=cast.zero)


def _in_stock(device: Device, cast: Cast, library: Library) -> Prescription:
    """An order that says what a pump in stock is: its model and the catheter that goes with it."""
    nobody = Role("", "Nobody", cast.zero.date(), "", "failed-back-surgery-syndrome", "", "",
                  cast.zero, "", number="STOCK")  # fmt: skip
    fill = cast.fill_large if device.model.endswith("-40") else cast.fill
    dose = "1 mg/day"
    therapy = Therapy(
        *("stock", "start", nobody.patient, device, (WATER,), cast.zero, fill, dose), fresh=True
    )
    return prescription_from_text(therapy.text(), library)


def play(stage: Stage, cast: Cast, seed: int = SEED, told: Told = lambda at: None) -> list[Player]:
    """Play every story up to the cast's present. `told` hears the time as it passes.

    The same cast and seed give the same events to the letter. Raises `Broken`.
    """
    players = [_player(stage, cast, role, seed) for role in cast.people]
    due: list[tuple[datetime, int, Iterator[Step], Step | None]] = [
        (p.role.arrives, n, iter(STORIES[p.role.story](p)), None) for n, p in enumerate(players)
    ]
    heapq.heapify(due)
    while due and due[0][0] <= cast.end:
        at, n, story, step = heapq.heappop(due)
        stage.until(at)
        told(at)
        if step is not None:
            _do(step, players[n])
        following = _next(story, players[n])
        if following is not None:
            heapq.heappush(due, (stage.now() + following.later, n, story, following))
    stage.until(cast.end)
    return players


def _player(stage: Stage, cast: Cast, role: Role, seed: int) -> Player:
    # A person's chance is her own: another cast does not change it.
    chance = Random(f"{seed} {role.id}")  # noqa: S311  (a story, not a secret)
    return Player(role, stage, chance, cast.end, Person(role.id))


def _do(step: Step, player: Player) -> None:
    try:
        step.do(player)
    except (ActRefused, Refused) as no:
        raise Broken(f"{player.role.id} {player.at:%Y-%m-%d}: {step!r:.200}: {no}") from no


def _next(story: Iterator[Step], player: Player) -> Step | None:
    try:
        return next(story, None)
    except (ActRefused, Refused) as no:
        raise Broken(f"{player.role.id} {player.at:%Y-%m-%d}: {no}") from no
