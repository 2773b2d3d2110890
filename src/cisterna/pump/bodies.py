"""The host's own side of a pump's body: the file that keeps it, and the faults given to it.

The file lies in the pump's folder and is no part of its record: a pump knows of its body only what
it notices. Without the file a pump does exactly what it reckons.
"""

import json
import logging
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from cisterna.order.line import Refused
from cisterna.pump import embodied
from cisterna.pump import events as e
from cisterna.pump.embodied import GIVEN, Embodied
from cisterna.pump.faults import Kind
from cisterna.pump.state import State
from cisterna.pump.unit import Unit

LOG = logging.getLogger("cisterna.pumphost")
FILE = "body.json"
OVER, MEMORY = "over", "memory"
_KINDS = ", ".join((*GIVEN, MEMORY, OVER))
_BIT = 1 << 20


def restored(folder: Path, unit: Unit, now_ms: int) -> Embodied | None:
    """A pump's body from its file, else the one that it has; a broken file is named in the log."""
    try:
        row = json.loads((folder / FILE).read_bytes())
        body = embodied.read(row, unit.state, now_ms)
    except FileNotFoundError:
        return unit.body
    except (OSError, ValueError, KeyError, TypeError) as problem:
        LOG.warning("%s: its body's file cannot be read: %s", unit.serial, problem)
        return unit.body
    if unit.beside.scan_ms is not None:
        body.scanned(unit.state.device.mri)
    return body


def keep(folder: Path, unit: Unit) -> None:
    """The body as it is now, to its file; a full disk stops no pump."""
    if unit.body is None:
        return
    fresh = folder / f"{FILE}.new"
    try:
        fresh.write_text(json.dumps(embodied.saved(unit.body, unit.state)), "utf-8")
        fresh.replace(folder / FILE)
    except OSError as problem:
        LOG.warning("%s: its body cannot be saved: %s", unit.serial, problem)


def give(
    unit: Unit, now_ms: int, kind: str, lasts_ms: int | None, amount: Fraction
) -> dict[str, Any]:
    """Something `possible` goes wrong with a body now, or all of it is over: what is true then."""
    now = unit.advance(now_ms)
    body = unit.embodied(now)
    if kind == OVER:
        body.well()
    elif kind == MEMORY:
        unit.keeper.state = flipped(unit.state)
    else:
        body.fails(cast("Kind", kind), lasts_ms, amount)
    unit.do(e.TimePasses(now))
    return body.row()


def flipped(state: State) -> State:
    """The live state after an upset: one bit of the reckoned reservoir is another (about 1 mL)."""
    flow = replace(state.flow, reservoir_nl=state.flow.reservoir_nl ^ _BIT)
    return replace(state, flow=flow)


def truth(unit: Unit, now_ms: int) -> dict[str, Any]:
    """What is true of a body now."""
    now = unit.advance(now_ms)
    unit.do(e.TimePasses(now))
    body = unit.body or Embodied.of(unit.state, now)
    return body.row()


def possible(kind: str, lasts_ms: int | None, amount: Fraction) -> None:
    """Raises `Refused` for what cannot happen to a body."""
    if kind not in (*GIVEN, MEMORY, OVER):
        raise Refused("no-fault", f"There is no fault {kind[:40]}.", f"Take one of: {_KINDS}.")
    if lasts_ms is not None and lasts_ms < 1:
        raise Refused("bad-length", "A fault lasts some time.", "Say for how long, as 2 h.")
    if kind in ("occlusion", "leak") and not 0 < amount <= 1:
        words = "An occlusion or a leak takes a share of the flow, above 0 and up to 1."
        raise Refused("bad-amount", words, "Give it as --amount 0.5.")
    if kind == "over-infusion" and amount <= 0:
        words = "An over-infusion multiplies each stroke by a factor above 0."
        raise Refused("bad-amount", words, "Give it as --amount 1.2.")
