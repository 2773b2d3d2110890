"""Everything that the programmer's pages look at: the person, her therapy, the gate, her pump."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest

from cisterna.clinic.bodies.implant import CatheterPlaced, PumpPlaced
from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.bodies.planning import Registered
from cisterna.clinic.bodies.pumpread import PumpRead
from cisterna.clinic.course import Person, Said
from cisterna.clinic.devices import devices
from cisterna.clinic.event import Actor, Event
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.bodies import DeedEnded, DeedProposed
from cisterna.clinic.gate.change import Wanted
from cisterna.clinic.gate.standing import Standing, standing
from cisterna.clinic.gate.steps import before_of
from cisterna.clinic.prescribing import (
    ENTERED,
    Chart,
    Fitted,
    FittedSegment,
    Identity,
    catheter_of,
    compose,
    running,
)
from cisterna.clinic.refusal import Refused
from cisterna.clinic.therapy import Therapy, awaiting, dose_history, therapy
from cisterna.clinic.web import clock, desk, filling, link, site
from cisterna.clinic.web.access import member
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.order.writing import toml_text
from cisterna.quantity import Quantity, show


@dataclass(frozen=True, slots=True)
class Bench:
    """One person as the programmer sees her, and who sits before it."""

    person: Person
    actor: Actor

    @classmethod
    def of(cls, request: HttpRequest, person_id: str) -> "Bench":
        """The bench of a person. Raises `Http404` for whom this member may not see."""
        return cls(desk.chart(request, person_id), member(request).actor)

    @property
    def standing(self) -> Standing:
        """Where the change stands."""
        return standing(self.person.events)

    @property
    def therapy(self) -> Therapy:
        """What runs, as the record knows it."""
        return therapy(self.person.events)

    @property
    def read(self) -> Said[PumpRead] | None:
        """What the pump said last."""
        return self.person.last(PumpRead, None)

    @property
    def serial(self) -> str:
        """The pump that she has. Raises `Refused` where none is on record."""
        pump = devices(self.person).pump
        if pump is None:
            words = "No pump is on her record."
            raise Refused("no-pump", words, "Record the implant first.")
        return pump.serial

    def chart(self) -> Chart:
        """What the record says for a prescription. Raises `Refused`."""
        entry, tree = self.person.last(Registered, None), devices(self.person)
        if entry is None or tree.pump is None:
            words = "Who she is, or which pump she has, is not on record."
            raise Refused("no-pump", words, "Register her, and record the implant.")
        e, pump = entry.body, tree.pump
        who = Identity(e.name, e.number, e.born, str(e.sex), e.zone)
        pieces = tuple(FittedSegment(s.model, s.supplied, s.trimmed) for s in tree.segments)
        fitted = Fitted(pump.model, pump.serial, pump.implanted, tree.tip or None, pieces)
        now = Therapy() if filling.unfilled(self.person) else self.therapy
        return Chart(self.person, who, fitted, now)

    def old(self) -> Prescription | None:
        """The order that runs, through the catheter that lies in her now (PW-056).

        In a pump that is new nothing runs, whatever the one before it ran.
        """
        now = self.chart().therapy
        if now.text is not None and self.relined:
            lies = toml_text(
                tomllib.loads(now.text) | {"catheter": catheter_of(self.chart().fitted)}
            )
            now = replace(now, text=lies)
        return running(now, site.library())

    @property
    def relined(self) -> bool:
        """Whether the catheter is newer than the programme that runs."""
        since, line = self.therapy.since, self.person.last(CatheterPlaced, None)
        newer = since is not None and line is not None and line.at > since
        return newer and not filling.unfilled(self.person)

    @property
    def primed(self) -> bool:
        """Whether the catheter that lies in her was primed."""
        line = self.person.last(CatheterPlaced, None)
        done = (c for c in dose_history(self.person.events) if c.what == "prime")
        return line is None or any(c.at >= line.at and c.outcome == "done" for c in done)

    def latest(self) -> Prescription | None:
        """The order that was written last, for a pump that runs none yet."""
        written = self.person.last(OrderWritten, None)
        return (
            None if written is None else prescription_from_text(written.body.text, site.library())
        )

    def around(self) -> tuple[Said[PumpRead], Said[PumpRead]] | None:
        """What the pump said before and after the last deed; None where it was not read twice."""
        ends = self.person.every(DeedEnded, None)
        reads = self.person.every(PumpRead, None)
        if not ends or ends[-1].body.outcome != "done":
            return None
        before = [said for said in reads if said.at <= ends[-1].at]
        after = [said for said in reads if said.at >= ends[-1].at and said not in before]
        return (before[-1], after[0]) if before and after else None

    def text(self, digest: str) -> str | None:
        """The text of a prescription on record."""
        found = (e.body for e in self.person.events if isinstance(e.body, OrderWritten))
        return next((o.text for o in found if o.digest == digest), None)

    def composed(self, tree: dict[str, Any]) -> str:
        """The text of what was entered. Raises `Refused` and `Unusable`."""
        return compose(self.chart(), self.actor.who, tree, site.rules(), site.library())

    def prescription(self, text: str) -> Prescription:
        """An order as it is read after the one that runs."""
        return prescription_from_text(text, site.library(), previous=self.old())

    def version(self) -> int:
        """The version that runs: as the pump said last, or as read back from a maker's screen."""
        if not link.linked(self.serial):
            return self.therapy.version or 0
        if self.read is None or self.read.body.serial != self.serial:
            words = "This pump has not been read yet."
            raise Refused("not-read", words, "Interrogate it first.")
        known = self.chart().therapy
        if known.since is not None and self.read.at < known.since:
            words = "This pump has not been read since its programme was changed."
            raise Refused("not-read", words, "Interrogate it first.")
        if known.state == "runs" and self.read.body.digest != known.digest:
            words = "The pump reports another programme than the record."
            raise Refused("other-programme", words, "Find out what was changed, and by whom.")
        return self.read.body.version

    def wanted(self, text: str) -> Wanted:
        """A change to this order. Raises `Refused`."""
        if self.relined and not self.primed:
            words = "The catheter is new, and it is not primed."
            raise Refused("not-primed", words, "Record the empty line and prime it, by hand.")
        about = self.serial, self.version(), text, self.old(), self.revised
        return Wanted(*about, before=before_of(self.person, clock.now()))

    def filled(self, text: str, drawn: str) -> Wanted:
        """The same with what is filled along with it (`filling`). Raises `Refused`."""
        fill = filling.terms_for(self.person, self.prescription(text), drawn)
        return replace(self.wanted(text), refill=fill)

    @property
    def revised(self) -> bool:
        """Whether pump or catheter are newer than the programme that runs."""
        since = self.therapy.since
        pumps = [said.at for said in self.person.every(PumpPlaced, None)]
        lines = [said.at for said in self.person.every(CatheterPlaced, None)]
        return since is not None and any(at > since for at in (*pumps, *lines))

    def start(self) -> dict[str, Any]:
        """What the form begins with: the order that runs, without what the record knows."""
        text = self.therapy.text
        if text is None:
            return {"order": {"phase": "start"}}
        tree = tomllib.loads(text)
        kept = {k: tree[k] for k, keys in ENTERED.items() if keys is None and k in tree}
        order = {k: v for k, v in tree["order"].items() if k in ("jurisdiction",)}
        return kept | {"order": order | {"phase": "titration"}}

    def pen(self, person: Person, why: str = "", ahead: int = 0) -> Pen:
        """The pen for her next event, or one after it."""
        id = f"{person.id}.{len(person.events) + 1 + ahead}"
        return Pen(person.id, self.actor, clock.now(), id, why, site.signing())

    def writes(self, base: int, make: Callable[[Person], Sequence[Event]]) -> None:
        """Put events on record, if the record is where the page saw it."""
        desk.write(self.person.id, base, make)

    def _around(self) -> list[tuple[str, str, str]]:
        """Before and after the last deed, line by line."""
        found = self.around()
        rows = zip(told(found[0]), told(found[1]), strict=True) if found else ()
        return [(label, before, after) for (label, before), (_, after) in rows]

    def shown(self) -> dict[str, Any]:
        """What every page of the programmer shows."""
        s, now = self.standing, self.therapy
        serial, refused = "", None
        try:
            serial = self.serial
        except Refused as why:
            refused = why
        return {
            "bench": self, "standing": s, "therapy": now, "serial": serial, "no_pump": refused,
            "linked": bool(serial) and link.linked(serial), "read": self.read,
            "age": clock.now() - self.read.at if self.read else None,
            "filled": filling.volumes(s.proposal.body if s.proposal else None),
            "unfilled": filling.unfilled(self.person), "visit": filling.at_visit(self.person),
            "waiting": awaiting(self.person.events), "base": len(self.person.events),
            "history": tuple(reversed(dose_history(self.person.events))), "here": "people",
            "proposal": s.proposal, "around": self._around(), "said": self.read and told(self.read),
            "by_hand": s.proposal is not None and isinstance(s.proposal.body, DeedProposed),
            "hand_orders": {o.id for o in s.orders if self.text(o.body.prescription) is None},
            "mine": s.proposal is not None and s.proposal.actor == self.actor,
        }  # fmt: skip


def told(said: Said[PumpRead]) -> list[tuple[str, str]]:
    """What the pump reported, in words."""
    r = said.body
    day = Quantity.of(r.flow_nl_per_h, "nL/h").to("mL/day")
    return [
        ("Read at", f"{said.at:%Y-%m-%d %H:%M:%S} UTC"),
        ("State", "stopped" if r.stopped else r.mode or "no programme"),
        ("Version", str(r.version)),
        ("Flow now", show(day, 4)),
        ("Reservoir", show(Quantity.of(r.reservoir_nl, "nL").to("mL"), 4)),
        ("Alarms", ", ".join(code.replace("-", " ") for code in r.alarms) or "none"),
    ]
