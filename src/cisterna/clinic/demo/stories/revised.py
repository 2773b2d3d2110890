"""A revision and the days after it: a new catheter, and back in observation."""

from collections.abc import Iterator
from datetime import timedelta

from cisterna.clinic.acts.prepare import Scan as Scanned
from cisterna.clinic.acts.reoperate import Reoperation
from cisterna.clinic.bodies import implant as b
from cisterna.clinic.bodies.planning import AnticoagulantsAnswered, Choice, DecisionRecorded
from cisterna.clinic.bodies.revision import Replaced
from cisterna.clinic.demo.player import Player, Step
from cisterna.clinic.demo.steps import Act
from cisterna.clinic.demo.stories import years
from cisterna.clinic.demo.stories.implant import GTIN, antibiotic, checklist, watched
from cisterna.clinic.demo.stories.planning import HOUR, next_morning, screened, staff
from cisterna.clinic.devices import devices
from cisterna.quantity import Quantity

OLD, NEW = "lot 55", "lot 77"


def observed(player: Player) -> Iterator[Step]:
    """The catheter was replaced two days ago; she is watched as after the first operation."""
    yield from years.revision(player)
    weighed = "relief again against a second operation, smaller than the first"
    decided = DecisionRecorded(Choice.IMPLANT, "decision aid 1", weighed, ("she", "a friend"))
    yield Act("record-decision", staff("physician"), decided, next_morning(player, 1))
    yield screened(player, next_morning(player, 5))
    none = AnticoagulantsAnswered(())
    yield Act("answer-anticoagulants", staff("nurse"), none)
    code = f"(01){GTIN}(17)291231(10)77"
    yield Act("scan-device", staff("nurse"), lambda p: Scanned("catheter", _model(p), code))
    yield Act("answer-checklist", staff("nurse"), checklist("drug-order"))
    yield Act("give-antibiotic", staff("nurse"), antibiotic)
    pause = b.IncisionMade("name, side and allergies said aloud")
    yield Act("record-incision", staff("nurse"), pause)
    yield Act("record-reoperation", staff("surgeon"), _operation, 2 * HOUR)
    yield from watched(player, player.end - HOUR)


def _model(player: Player) -> str:
    return devices(player.person).segments[0].model


def _operation(player: Player) -> Reoperation:
    """The catheter out, another one in, with its tip where it was."""
    tree, closed = devices(player.person), player.at - timedelta(minutes=10)
    people = b.Attended("dr-granite", "surgeon"), b.Attended("dr-basalt", "anaesthetist")
    done = b.OperationRecorded("revision", "general", "II", people, closed, "no bleeding")
    lengths = Quantity.parse("100 cm"), Quantity.parse("24 cm")
    piece = b.Segment(_model(player), *lengths, NEW)
    line = b.CatheterPlaced((piece,), "L3", tree.tip, "midline", "anchor sutured", True)
    return Reoperation((Replaced("catheter", OLD, NEW),), line, done)
