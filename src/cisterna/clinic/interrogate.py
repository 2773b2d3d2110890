"""Ask a pump what it runs, and put its answer on record: what is shown is what it reports."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from cisterna.clinic.bodies.pumpread import PumpRead, TurnedDown
from cisterna.clinic.event import Event
from cisterna.clinic.gate.acts import SIGNING, Pen
from cisterna.clinic.refusal import Refused
from cisterna.clinic.transmit import BREAKS, Noted, Way, programmer_at
from cisterna.pump.client import Line

TURNED_DOWN = ("lockout", "count", "limit")
"""As the pump's log says that a patient dose was refused because of its own limits."""


@dataclass(frozen=True, slots=True)
class Logged:
    """An entry of the pump's own log; `at` is the clinic's time, counted back from its reading."""

    at: datetime
    what: str
    why: str


def interrogate(pen: Pen, way: Way) -> Event:
    """The pump's own report as an event. Raises `Refused` where it does not answer."""
    return heard(pen, way)[0]


def heard(pen: Pen, way: Way) -> tuple[Event, tuple[Logged, ...]]:
    """The report as an event, and the log that came with it, the latest entry first."""
    if SIGNING.leave("stop", pen.actor.role) is None:
        raise Refused("role", f"A {pen.actor.role} asks no pump.", "Ask a clinician.")
    try:
        with way.connect() as line:
            noted = cast("Line", Noted(line))  # it only asks, and has the serial
            content = programmer_at(noted, way).read()
    except BREAKS as broken:
        words = f"The pump was not read: {broken}"
        raise Refused("no-answer", words, "Nothing was changed. Try again.") from None
    now = content["now_ms"]
    log = tuple(
        Logged(pen.at - timedelta(milliseconds=now - row["at_ms"]), row["what"], row["why"])
        for row in reversed(content["log"])
    )
    return pen.writes(_told(content)), log


def _doses(content: dict[str, Any]) -> tuple[tuple[int, ...], tuple[TurnedDown, ...]]:
    """When a patient dose began, and when one was turned down and why, as the pump's log tells."""
    begun = {row["at_ms"] for row in content["log"] if row["what"] == "patient-begun"}
    turned = [r for r in content["log"] if r["what"] == "refused" and r["why"] in TURNED_DOWN]
    return tuple(sorted(begun)), tuple(TurnedDown(row["at_ms"], row["why"]) for row in turned)


def _told(content: dict[str, Any]) -> PumpRead:
    wrong = tuple(row["code"] for row in content["alarms"] if not row["over"])
    granted, turned_down = _doses(content)
    return PumpRead(
        serial=content["serial"],
        version=content["version"],
        digest=content["digest"],
        mode=content["mode"],
        stopped=content["flows"]["stopped"],
        flow_nl_per_h=content["flow_nl_per_h"],
        reservoir_nl=content["reservoir_nl"],
        alarms=wrong,
        now_ms=content["now_ms"],
        granted_ms=granted,
        turned_down=turned_down,
    )
