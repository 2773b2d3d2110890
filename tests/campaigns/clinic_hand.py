"""One clinician's program in a process of its own: changes of dose and refills, until it is killed.

    python -m tests.campaigns.clinic_hand STATION PORT SOCKET

Each event is told on a line once it is on record: what was told must never be lost. It goes through
the desk, the gate, the signer and the pump's own link, as the programmer's page does. It ends when
its input closes, and with the line `broken` when pump or signer answer no more.
"""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cisterna.clinic.event import Actor, Event, Role
from cisterna.clinic.gate import acts
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.change import Wanted, second_reading
from cisterna.clinic.gate.standing import Standing, standing
from cisterna.clinic.ledger.place import start
from cisterna.facts import Library
from cisterna.order.reading import prescription_from_text
from cisterna.pump.link.verbs import Role as LinkRole

start()

from cisterna.clinic.transmit import BREAKS, programmer_at, transmit  # noqa: E402
from cisterna.clinic.web import clock, desk, rows  # noqa: E402
from cisterna.clinic.web.link import Link  # noqa: E402
from cisterna.pump.client import Station  # noqa: E402

PERSON, PHYSICIAN, COLLEAGUE = "p1", Actor("Ada", Role.PHYSICIAN), Actor("Ben", Role.PHYSICIAN)
ORDER = Path(__file__).parents[2] / "examples" / "cancer-mixture.toml"
LIBRARY = Library()
DOSES = ("6 mg/day", "6.1 mg/day", "6.2 mg/day")
REFILL_EVERY = 4
_STRENGTH = 12_000_000
_FILL = 20_000_000
assert LinkRole.PROGRAMMER


def order(dose: str) -> str:
    """The example's order with another dose, after the one of the example."""
    text = ORDER.read_text("utf-8").replace(
        'previous_daily_dose = "4.5', 'previous_daily_dose = "6'
    )
    return text.replace('daily_dose = "6 mg/day"\n\n[remote]', f'daily_dose = "{dose}"\n\n[remote]')


@dataclass
class Hand:
    """A person's record, and the way to her pump."""

    link: Link
    serial: str

    def events(self) -> tuple[Event, ...]:
        """What is on record."""
        return rows.load(PERSON).events

    def standing(self) -> Standing:
        """Where the change stands."""
        return standing(self.events())

    def pen(self, actor: Actor = PHYSICIAN, why: str = "") -> Pen:
        """The next event's pen."""
        return Pen(PERSON, actor, clock.now(), rows.load(PERSON).next_id, why)

    def keep(self, made: Event) -> Event:
        """On record, then told."""
        desk.write(PERSON, len(self.events()), lambda person: (made,))
        print(made.id, flush=True)
        return made

    def pump(self) -> dict[str, Any]:
        """What the pump says of itself."""
        way = self.link.way(self.serial, lambda step, answer: None)
        with way.connect() as line:
            found: dict[str, Any] = programmer_at(line, way).read()
        return found

    def reconciled(self) -> None:
        """An outcome that nobody knows is looked up in the pump before anything else."""
        if self.standing().intent is not None:
            now = self.pump()
            self.keep(acts.reconcile(self.standing(), self.pen(), now["version"], now["digest"]))

    def changes(self, number: int) -> None:
        """One change from the pump to the pump; every fourth with a refill."""
        now = self.pump()
        runs = self.running(now["digest"])
        dose = DOSES[(DOSES.index(runs) + 1) % len(DOSES)]
        refill = None
        if number % REFILL_EVERY == REFILL_EVERY - 1:
            refill = b.RefillTerms(now["reservoir_nl"], _FILL, _STRENGTH)
        old = prescription_from_text(order(runs), LIBRARY)
        wanted = Wanted(self.serial, now["version"], order(dose), old, refill=refill)
        self.signed(wanted)
        way = self.link.way(self.serial, lambda step, answer: None)
        transmit(self.standing(), self.pen, self._kept, way)

    def running(self, digest: str) -> str:
        """The dose of the programme that runs, by the record; the example's where none was sent."""
        for one in reversed(self.events()):
            if isinstance(one.body, b.ChangeProposed) and one.body.digest == digest:
                return one.body.dose
        return DOSES[0]

    def signed(self, wanted: Wanted) -> None:
        """All signatures of a change."""
        body = self.keep(acts.propose(self.standing(), self.pen(), wanted, LIBRARY)).body
        if codes := tuple(sorted({f.code for f in body.findings if f.severity != "note"})):
            pen = self.pen(why="she was watched")
            self.keep(acts.give_reason(self.standing(), pen, codes))
        if body.second:
            blocked = any(f.severity == "block" for f in body.findings)
            digest, typed = second_reading(wanted, LIBRARY), body.dose if blocked else None
            self.keep(acts.approve(self.standing(), self.pen(COLLEAGUE), digest, typed))
        self.keep(acts.reauthenticate(self.standing(), self.pen(), "passkey"))

    def _kept(self, made: Event) -> None:
        self.keep(made)


def work(hand: Hand, ended: Callable[[], bool]) -> None:
    """Change after change, until asked to end or nobody answers."""
    number = len(hand.events())
    try:
        hand.reconciled()
        while not ended():
            hand.changes(number)
            hand.reconciled()
            number += 1
    except BREAKS as broken:
        print(f"broken {broken}", flush=True)


def main(station: str, port: int, socket: str) -> None:
    """The process."""
    link = Link(Station.read(Path(station), "127.0.0.1", port), Path(socket))
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    print("ready", flush=True)
    work(Hand(link, next(iter(link.station.pumps))), over.is_set)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
