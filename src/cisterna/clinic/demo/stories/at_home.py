"""Between the visits: check-ins, a diary, messages, and her mother who may see some of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from cisterna.clinic.bodies.hers import AccessGiven, BurdenLogged, DiaryWritten, MessageSent
from cisterna.clinic.bodies.visit import VisitRecorded
from cisterna.clinic.demo.player import Player, Step
from cisterna.clinic.demo.steps import Act
from cisterna.clinic.demo.stories.planning import HOUR, staff
from cisterna.clinic.demo.stories.years import visit
from cisterna.clinic.event import Actor, Role
from cisterna.clinic.messages import threads

_SHORT = timedelta(minutes=20)
_JOURNEY = 16
WALKS = ("cooked for four", "to the market and back", "sat in the garden")


def herself(player: Player) -> Actor:
    """She acts under the name of her account."""
    return Actor(player.role.id, Role.PATIENT)


def caregiver(player: Player) -> str:
    """The account of who cares for her."""
    return f"{player.role.id}-care"


def settled(player: Player) -> Iterator[Step]:
    """She lets somebody help her, and is asked how she is."""
    may = AccessGiven(caregiver(player), ("plan", "check-in", "message"))
    yield Act("give-access", herself(player), may, HOUR)
    yield Act("record-visit", herself(player), _from_home, _SHORT)


def lived(player: Player, n: int) -> Iterator[Step]:
    """A day of her diary; now and then what a journey to the clinic took."""

    def entry(p: Player) -> DiaryWritten:
        return DiaryWritten(p.at - _SHORT, 2 + p.random.randrange(4), WALKS[n % len(WALKS)])

    def journey(p: Player) -> BurdenLogged:
        minutes, fare = 120 + 10 * p.random.randrange(9), f"{6 + n % 3}.40"
        return BurdenLogged(p.at.date(), "visit", False, minutes, fare, "USD", "by bus")

    yield Act("write-diary", herself(player), entry, _SHORT)
    if n % _JOURNEY == 0:
        yield Act("log-burden", herself(player), journey, _SHORT)


def talked(player: Player) -> Iterator[Step]:
    """A question that was answered, and one that waits."""
    first = MessageSent("May I fly to my sister in spring? It is a flight of four hours.")
    yield Act("send-message", herself(player), first, HOUR)
    yield Act("send-message", staff("nurse"), _answer, 3 * HOUR)
    later = player.until(player.end - 3 * HOUR)
    second = MessageSent("The skin over the pump itches a little since the last refill.")
    yield Act("send-message", herself(player), second, max(later, _SHORT))


def _answer(player: Player) -> MessageSent:
    text = "Yes. Take your card with you, and come for the refill before you go."
    return MessageSent(text, threads(player.person)[0].id)


def _from_home(player: Player) -> VisitRecorded:
    """A check-in: what a clinician rates is left out."""
    found = visit(player)
    scores = tuple(s for s in found.scores if s.scale != "modified-ashworth")
    return replace(found, remote=True, scores=scores, breaths=None)
