"""What can happen in a story: acts of the clinic, changes of the dose, and what befalls a pump."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cisterna.clinic import transmit
from cisterna.clinic.acts import ACTS
from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.demo.orders import Therapy
from cisterna.clinic.demo.player import Player
from cisterna.clinic.demo.stage import Spoil
from cisterna.clinic.event import Actor, Event
from cisterna.clinic.event import Role as ActorRole
from cisterna.clinic.gate import acts as gate
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.change import Wanted, proposed, second_reading
from cisterna.clinic.gate.steps import before_of
from cisterna.clinic.interrogate import interrogate
from cisterna.facts import Library
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.pump import bodies
from cisterna.pump.client import Line, NoAnswer
from cisterna.pump.fleet import new_code
from cisterna.pump.link import frame as f
from cisterna.pump.link import verbs as v
from cisterna.pump.link.command import Command
from cisterna.pump.link.proof import public_of
from cisterna.pump.link.verbs import Role as LinkRole
from cisterna.pump.programmer import PumpRefused, offer_key
from cisterna.pump.setting import ng_per_ml
from cisterna.pump.unit import Unit

PAIRED = ("pairing-opened", "key-added")
"""What a pump alarms when a remote is paired; whoever did it acknowledges it."""
SOON = timedelta(minutes=10)
SYRINGE_NL = 100_000
"""A volume that was drawn out is read to a tenth of a millilitre (invented)."""


@dataclass(frozen=True, slots=True)
class Act:
    """An act of the clinic; `asked` may be worked out from her record when it is done."""

    act: str
    actor: Actor
    asked: Any
    later: timedelta = SOON
    why: str = ""

    def do(self, player: Player) -> None:
        """The act, on record."""
        asked = self.asked(player) if callable(self.asked) else self.asked
        person, at = player.person, player.at
        player.keep(*ACTS[self.act](person, self.actor, asked, at, why=self.why))


@dataclass(frozen=True, slots=True)
class Change:
    """A change of what the pump does, through the gate: signed, sent, with its outcome on record.

    `makes` says what runs then. A nurse acts on a physician's order. `far` is how far it goes:
    proposed, signed or sent. At a `visit` what was drawn is on record already, and another person
    reads the order in any case.
    """

    makes: Callable[[Player], Therapy]
    by: Actor
    second: Actor
    physician: Actor
    why: str
    refill: bool = False
    far: str = "sent"
    visit: bool = False
    spoil: Spoil = lambda line: line
    later: timedelta = SOON

    def do(self, player: Player) -> None:
        """The whole way, or as far as it goes."""
        therapy = self.makes(player)
        drawn = None
        if self.refill:
            drawn = player.drawn if self.visit else drawn_nl(player)
        wanted = _wanted(player, therapy, drawn)
        self._propose(player, wanted)
        if self.far == "proposed":
            return
        self._sign(player, wanted)
        if self.far == "signed":
            return
        ended = transmit.transmit(
            player.standing,
            lambda: player.pen(self.by),
            player.keep,
            player.stage.way(player.serial, self.spoil),
        )
        if ended.body.outcome == "activated":
            _runs_now(player, therapy)

    def _propose(self, player: Player, wanted: Wanted) -> None:
        under = ""
        body = proposed(wanted, player.stage.library)
        player.keep(player.pen(self.physician).writes(OrderWritten(wanted.text)))
        if self.by.role is not ActorRole.PHYSICIAN:
            ordered = player.pen(self.physician, self.why)
            under = ordered.id
            player.keep(ordered.writes(b.ChangeOrdered(body.prescription)))
        pen, library = player.pen(self.by, self.why), player.stage.library
        player.keep(gate.propose(player.standing, pen, wanted, library, under))
        codes = tuple(sorted({x.code for x in body.findings if x.severity != "note"}))
        if codes:
            player.keep(gate.give_reason(player.standing, player.pen(self.by, self.why), codes))

    def _sign(self, player: Player, wanted: Wanted) -> None:
        proposal = _proposal(player)
        if proposal.body.second or self.visit:
            digest = second_reading(wanted, player.stage.library)
            blocked = any(x.severity == "block" for x in proposal.body.findings)
            typed = proposal.body.dose if blocked else None
            pen = player.pen(self.second)
            player.keep(gate.approve(player.standing, pen, digest, typed))
        player.keep(gate.reauthenticate(player.standing, player.pen(self.by), "passkey"))


def _runs_now(player: Player, therapy: Therapy) -> None:
    """The order in her pump, and the one before it where the solution is another."""
    old = player.runs
    other = old is not None and old.drugs != therapy.drugs
    player.before = old if other else None
    player.runs = replace(therapy, fresh=False)


def _proposal(player: Player) -> Event:
    found = player.standing.proposal
    if found is None:
        raise LookupError("nothing is proposed")
    return found


def read(player: Player, therapy: Therapy, before: Therapy | None) -> Prescription:
    """The prescription of a therapy."""
    return _read(player.stage.library, therapy.text(), before.text() if before else "")


@lru_cache(maxsize=256)
def _read(library: Library, text: str, before: str) -> Prescription:
    old = prescription_from_text(before, library) if before else None
    return prescription_from_text(text, library, previous=old)


def _wanted(player: Player, therapy: Therapy, drawn: int | None) -> Wanted:
    unit = player.stage.unit(player.serial)
    old = None if player.runs is None else read(player, player.runs, None)
    terms = None
    if drawn is not None:
        new = read(player, therapy, player.runs)
        fill = new.solution.fill_volume.number("nL").__floor__()
        terms = b.RefillTerms(drawn, fill, ng_per_ml(new))
    about = player.serial, unit.state.version, therapy.text(), old
    before = before_of(player.person, player.at)
    return Wanted(*about, revised=old is None, refill=terms, before=before)


def drawn_nl(player: Player) -> int:
    """What a syringe draws out of the reservoir now: what is truly there, as it is read."""
    found = player.stage.host.with_unit(player.serial, bodies.truth)
    if found is None:
        raise LookupError(f"{player.serial} is not living")
    return int(found["reservoir_nl"]) // SYRINGE_NL * SYRINGE_NL


@dataclass(frozen=True, slots=True)
class Stop:
    """One person alone stops the pump; it waits for a review."""

    by: Actor
    why: str
    later: timedelta = SOON

    def do(self, player: Player) -> None:
        """Broken glass, and the stop."""

        def pen() -> Pen:
            return player.pen(self.by, self.why)

        way = player.stage.way(player.serial)
        transmit.stop(player.standing, pen, player.keep, way)


@dataclass(frozen=True, slots=True)
class Read:
    """The pump is asked what it runs and what it gave and refused; its answer is on record."""

    by: Actor
    later: timedelta = SOON

    def do(self, player: Player) -> None:
        """An interrogation."""
        player.keep(interrogate(player.pen(self.by), player.stage.way(player.serial)))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something goes wrong with the pump's body; nobody knows yet."""

    kind: str
    lasts: timedelta | None = None
    amount: Fraction = Fraction(1)
    later: timedelta = SOON

    def do(self, player: Player) -> None:
        """The fault."""
        lasts = None if self.lasts is None else self.lasts // timedelta(milliseconds=1)

        def give(unit: Unit, now: int) -> object:
            return bodies.give(unit, now, self.kind, lasts, self.amount)

        player.stage.host.with_unit(player.serial, give)


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan in the magnet, as the pump lives through it."""

    lasts: timedelta
    ends: bool = True
    later: timedelta = SOON

    def do(self, player: Player) -> None:
        """The scan begins, and ends, both told to the pump in a session."""
        self._tell(player, v.MriBegin())
        if self.ends:
            player.stage.pass_ms(self.lasts // timedelta(milliseconds=1))
            player.stage.unit(player.serial)
            self._tell(player, v.MriEnd())

    def _tell(self, player: Player, verb: v.Verb) -> None:
        technician = player.stage.technician(player.serial)
        technician.do(v.OpenSession())
        technician.do(verb)
        technician.do(v.CloseSession())


@dataclass(frozen=True, slots=True)
class PairRemote:
    """The patient's remote is paired: a code typed there, the pump touched."""

    later: timedelta = SOON

    def do(self, player: Player) -> None:
        """Pairing, as at a bedside."""
        stage, serial, code = player.stage, player.serial, new_code()
        player.remote = Ed25519PrivateKey.generate()
        stage.technician(serial).begin_pairing(LinkRole.REMOTE, code)
        stage.host.with_unit(serial, Unit.touched)
        offer_key(stage.line(serial), LinkRole.REMOTE, code, public_of(player.remote))
        for alarm in PAIRED:
            stage.technician(serial).do(v.AlarmAcknowledge(alarm))


@dataclass(frozen=True, slots=True)
class AskDose:
    """The patient asks for a dose; the pump grants or refuses it."""

    later: timedelta = SOON

    def do(self, player: Player) -> None:
        """Ask over the remote that was paired."""
        if player.remote is None:
            raise LookupError("no remote is paired")
        try:
            player.stage.remote(player.serial, player.remote).do(v.AskDose())
        except PumpRefused:
            return  # that is an answer, and it is in the pump's log


def lost_at(verb: str) -> Spoil:
    """A line that breaks when this was sent and before its answer is here."""

    class Broken:
        def __init__(self, line: Line) -> None:
            self.line, self.serial, self.gone = line, line.serial, False

        def ask(self, content: bytes) -> bytes:
            if self.gone:
                raise NoAnswer("the line is broken")
            answer, asked = self.line.ask(content), f.inbound(content)
            if isinstance(asked, Command) and asked.head.verb == verb:
                self.gone = True
                raise NoAnswer("the line broke")
            return answer

    return lambda line: cast("Line", Broken(line))
