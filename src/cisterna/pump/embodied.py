"""The body of a hosted pump: what really flows, where that is not what the pump reckons.

A pump that nothing has happened to does exactly what it reckons and needs no body. It gets one
with its first fault, or with a scan. Volumes only: which drug left the tip is a matter of
`cisterna.pump.simulate`. What the device notices (a rotor that stands still, and that it turns
again) goes to the controller as events on record; all else it never learns, as in the patient.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from cisterna.pump import events as e
from cisterna.pump.faults import End, Fault, Kind
from cisterna.pump.mechanics import Amount, Body, Carried, Fluid, filled_body
from cisterna.pump.programme import held_nl
from cisterna.pump.state import State
from cisterna.pump.virtual import VirtualPump, reckoned_nl

GIVEN: tuple[Kind, ...] = ("stall", "over-infusion", "occlusion", "leak", "sensor")
"""What a host may give to a body."""
MENDS: dict[type[e.Event], End] = {e.Restarted: "restart", e.Interrogated: "interrogate"}
TOTALS = ("filled", "delivered", "pumped", "withdrawn", "leaked")


@dataclass(slots=True)
class Embodied:
    """A body and its faults, beside the controller that reckons."""

    pump: VirtualPump

    @classmethod
    def of(cls, state: State, now_ms: int) -> "Embodied":
        """The body of a pump that has done what it reckons so far."""
        line = (Fluid(volume, ()),) if (volume := held_nl(state.flow.line)) else ()
        full = Fluid(reckoned_nl(state, now_ms), ())
        return cls(VirtualPump(filled_body(now_ms, full, Fluid(0, ()), line)))

    @property
    def body(self) -> Body:
        """Where everything is."""
        return self.pump.body

    def notice(self, state: State, until_ms: int) -> e.Noticed | None:
        """What the device notices first, until a time that the plan covers."""
        seen = self.pump.notice(state, until_ms)
        return e.Noticed(seen.at_ms, seen.alarm, seen.over) if seen else None

    def run(self, state: State, until_ms: int) -> None:
        """Do what was planned, as well as it can."""
        self.pump.run(state, until_ms)
        self.pump.spans.clear()

    def frees_ms(self, state: State) -> int | None:
        """When a rotor that stands still turns again by itself."""
        return self.pump.frees_ms(state)

    def fails(
        self, kind: Kind, lasts_ms: int | None = None, amount: Fraction | None = None
    ) -> None:
        """Something begins to go wrong now; without a length until a restart."""
        now = self.body.now_ms
        share = amount or Fraction(1)
        if lasts_ms is None:
            self.pump.fail(Fault(kind, now, None, share, "restart"))
        else:
            self.pump.fail(Fault(kind, now, now + lasts_ms, share))

    def scanned(self, mri: str) -> None:
        """A scan begins: a rotor stands still until it is over; a valve with drug behind it shuts.

        A shut valve is reset by a restart. A scan that is under way is the same scan.
        """
        now = self.body.now_ms
        if any(f.ends_with == "scan" and f.end_ms is None for f in self.pump.faults):
            return
        if mri == "stall":
            self.pump.fail(Fault("stall", now, ends_with="scan"))
        elif mri == "valve" and self.body.reservoir.nl:
            self.pump.fail(Fault("valve-shut", now, ends_with="restart"))

    def mends(self, act: End) -> None:
        """Somebody does what ends some faults."""
        self.pump.mend(act)

    def well(self) -> None:
        """Whatever was wrong is over, but for a scan that is under way."""
        now = self.body.now_ms
        self.pump.faults = tuple(_ended(f, now) for f in self.pump.faults)

    def refilled(self, fill_nl: int) -> None:
        """It is drained and filled again."""
        self.pump.refill(Fluid(fill_nl, ()))

    def row(self) -> dict[str, Any]:
        """What is true of it, for whoever owns the host."""
        totals = {f"{name}_nl": getattr(self.body, name).nl for name in TOTALS}
        faults = [
            {"kind": f.kind, "since_ms": f.start_ms, "end_ms": f.end_ms, "amount": str(f.amount)}
            for f in self.pump.faults
            if f.end_ms is None or f.end_ms > self.body.now_ms
        ]
        return {"reservoir_nl": self.body.reservoir.nl, "faults": faults} | totals


def _ended(fault: Fault, now_ms: int) -> Fault:
    over = fault.ends_with == "scan" or (fault.end_ms is not None and fault.end_ms <= now_ms)
    return fault if over else replace(fault, end_ms=max(now_ms, fault.start_ms))


# Kept by the host ---------------------------------------------------------------------------------


def saved(made: Embodied, state: State) -> dict[str, Any]:
    """For the host's own file beside the journal; the body is no part of the pump's record."""
    body = made.body
    return {
        "now_ms": body.now_ms,
        "reckoned_nl": reckoned_nl(state, body.now_ms),
        "reservoir_nl": body.reservoir.nl,
        "line_nl": sum(slug.nl for slug in body.line),
        "totals": [getattr(body, name).nl for name in TOTALS],
        "carried": [str(x) for x in _carried(body.carried)],
        "fills": body.fills,
        "faults": [
            [f.kind, f.start_ms, f.end_ms, str(f.amount), f.ends_with] for f in made.pump.faults
        ],
    }


def read(row: Mapping[str, Any], state: State, now_ms: int) -> Embodied:
    """From the host's file, after a restart at `now_ms`.

    What the pump reckons to have pumped since then counts as pumped truly. Raises `ValueError`,
    `KeyError` or `TypeError` for a file that is none.
    """
    missed = max(0, int(row["reckoned_nl"]) - reckoned_nl(state, now_ms))
    left = int(row["reservoir_nl"])
    missed = min(missed, left)
    filled, delivered, pumped, withdrawn, leaked = (Amount(int(n), ()) for n in row["totals"])
    body = Body(
        now_ms=now_ms,
        reservoir=Fluid(left - missed, ()),
        residual_nl=0,
        line=(Fluid(int(row["line_nl"]), ()),) if row["line_nl"] else (),
        filled=filled,
        delivered=delivered.plus(missed, ()),
        pumped=pumped.plus(missed, ()),
        withdrawn=withdrawn,
        leaked=leaked,
        at_start=Amount(0, ()),
        fills=int(row["fills"]),
        carried=Carried(*(Fraction(x) for x in row["carried"])),
    )
    return Embodied(VirtualPump(body, tuple(_faults(row["faults"]))))


def _faults(rows: list[Any]) -> Iterator[Fault]:
    for kind, start, end, amount, by in rows:
        yield Fault(kind, int(start), end, Fraction(amount), by)


def _carried(carried: Carried) -> tuple[Fraction, ...]:
    return carried.stroke, carried.tip, carried.septum, carried.valve
