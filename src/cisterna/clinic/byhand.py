"""A signed deed on its way into a pump: intent on record, the one verb, the outcome on record.

    interrogate → (open session) → the verb → (close session)

A deed whose answer was lost is unknown: a dose then counts as given, and everything else waits
until a person has read the pump's log and says whether it happened.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import cast

from cisterna.clinic.event import Event
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import Pen, intend
from cisterna.clinic.gate.standing import Standing, approval_texts
from cisterna.clinic.refusal import Refused
from cisterna.clinic.transmit import BREAKS, Differs, Keep, Noted, Way, programmer_at
from cisterna.pump.client import Line
from cisterna.pump.link import verbs as v
from cisterna.pump.link.canonical import decode
from cisterna.pump.link.rules import RULES
from cisterna.pump.programmer import Programmer, PumpRefused


def carry_out(s: Standing, pen: Callable[[], Pen], keep: Keep, way: Way) -> Event:
    """Have the pump do what is signed; gives the outcome, which is on record then.

    Raises `Refused` where the gate does not let it go, and whatever `keep` raises.
    """
    intent = intend(s, pen())
    body = s.proposal.body if s.proposal else None
    if not isinstance(body, b.DeedProposed):
        raise Refused("other-act", "What is signed is a programme.", "Transmit it.")
    keep(intent)
    outcome, words, pump_ms = _done(body, approval_texts(s.chain), way)
    ended = pen().writes(b.DeedEnded(intent.id, outcome, words, pump_ms))
    keep(ended)
    return ended


def _done(body: b.DeedProposed, texts: tuple[str, ...], way: Way) -> tuple[str, str, int | None]:
    """(outcome, words, the pump's time): what was sent and not answered is unknown."""
    notes: list[Noted] = []
    try:
        with way.connect() as line:
            notes.append(Noted(line, frozenset({body.verb})))
            way.desk.approval = texts
            return "done", "", _talk(body, notes[0], way)
    except PumpRefused as no:
        return "refused", str(no), None
    except (*BREAKS, Differs) as broken:
        sent = bool(notes and notes[0].open_act)
        return ("unknown" if sent else "refused"), str(broken), None


def _talk(body: b.DeedProposed, noted: Noted, way: Way) -> int | None:
    programmer = programmer_at(cast("Line", noted), way)  # it only asks, and has the serial
    content = programmer.read()
    way.desk.report = noted.answer
    if content.get("version") != body.base_version:
        raise Differs("Another programme runs than when this was proposed: propose it anew.")
    arguments = decode(body.arguments.encode())
    verb = v.verb(body.verb, arguments)
    if RULES[body.verb].session:
        _in_session(programmer, verb)
    else:
        programmer.do(verb)
    now = content.get("now_ms")
    return now if isinstance(now, int) else None


def _in_session(programmer: Programmer, verb: v.Verb) -> None:
    programmer.do(v.OpenSession())
    try:
        programmer.do(verb)
    finally:
        with suppress(*BREAKS):
            programmer.do(v.CloseSession())
