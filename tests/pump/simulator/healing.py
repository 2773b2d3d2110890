"""Everything that goes wrong ends; then one programmer must bring the therapy back, and it runs.

She follows one simple rule after the other, as in the model checker (`tests.pump.model.heal`).
Then the motor must make, for a day, the strokes of the programme and no other, counted here from
its steps, and the patient must get her dose.
"""

from dataclasses import replace

from cisterna.pump.link import verbs as v
from cisterna.pump.programme import Programme
from cisterna.pump.terms import programme_terms
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.link.people import CLEO, PATIENT
from tests.pump.simulator.hardware import Hardware
from tests.pump.simulator.people import Programmer, Remote
from tests.pump.simulator.programmes import drawn
from tests.pump.simulator.wire import Wire
from tests.pump.simulator.world import Talk, World

MOST = 240


class Healing:
    """The way back, and what it must lead to."""

    def __init__(self, world: World, wire: Wire, hardware: Hardware) -> None:
        self.world, self.wire, self.hardware = world, wire, hardware
        self.nurse, self.remote = Programmer(world, CLEO), Remote(world, PATIENT)
        self.well = False

    def demand(self) -> None:
        """The faults end, the therapy comes back. Raises `AssertionError` where it does not."""
        world = self.world
        world.forget()
        world.healed = True
        world.disk.power = None
        self.hardware.mended()
        if world.unit is None:
            world.after(1, world.light)
        world.until(world.now + 60_000)
        for alarm in ("stall", "occlusion", "memory", "flow"):
            world.notices(alarm, over=True)
        self.well = False
        self.wire.begin(self._tends())
        for _ in range(MOST // 2):
            if self.well:
                break
            world.until(world.now + 2 * HOUR_MS)
        assert self.well, "no way back to the therapy"
        self._runs()
        world.forget()
        world.healed = False
        world.tally.done["therapies brought back"] += 1

    def _tends(self) -> Talk:
        for _ in range(MOST):
            assert (yield from self.nurse.hello())
            opened = yield from self.nurse.ask(v.TakeOver())
            assert opened is not None
            assert opened.code is None, opened
            todo = self._missing()
            while todo:
                for verb in todo:
                    said = yield from self.nurse.ask(verb)
                    assert said is not None
                    assert said.code is None, f"{verb}: {said.code}"
                todo = self._missing()
            yield from self.nurse.ask(v.CloseSession())
            s = self.world.state
            if s.flow.once is None and not s.bridge_left_nl:
                self.well = True
                return
            yield HOUR_MS

    def _missing(self) -> list[v.Verb]:
        """The first thing that is still missing."""
        s = self.world.state
        on, p = {alarm.code for alarm in s.alarms}, s.programme
        if self.world.unit and self.world.unit.beside.scan_ms is not None:
            return [v.MriEnd()]
        if s.flow.reservoir_nl < 6_000_000 and (
            s.flow.once is None or s.flow.once.kind == "bridge"
        ):
            return [v.Refill(s.flow.reservoir_nl, 20_000_000, s.flow.ng_per_ml)]
        if s.unknown:
            return [v.Reconcile()]
        for code in ("flow", "memory"):
            if code in on:
                return [v.AlarmAcknowledge(code)]
        odd = p is None or p.mode == "stopped" or p.ng_per_ml != s.flow.ng_per_ml
        if odd or (s.bridge_left_nl and p and p.bridge is None):
            return self._programming()
        return [v.Restart()] if s.stopped_ms is not None or s.minimum else []

    def _programming(self) -> list[v.Verb]:
        wanted = drawn(self.world.random, self.world.state)
        while wanted.mode == "stopped":
            wanted = drawn(self.world.random, self.world.state)
        wanted = replace(wanted, version=self.world.state.version + 1)
        stage = v.Stage(programme_terms(wanted), wanted.digest)
        return [stage, v.Confirm(wanted.digest), v.Activate(wanted.version - 1)]

    def _runs(self) -> None:
        world, p = self.world, self.world.state.programme
        assert p is not None
        stroke, begin, made = world.state.device.stroke_nl, world.now, world.witness.made
        world.until(begin + 2 * DAY_MS)
        asked = ordered(p, world.witness.oracle.anchor, begin, world.now)
        found = (world.witness.made - made) * stroke * HOUR_MS
        assert abs(found - asked) <= stroke * HOUR_MS, "healed, and not what is ordered"
        if p.patient and self._room(p):
            before = world.tally.done["DoseAsked"]
            self.wire.begin(self.remote.presses())
            world.until(world.now + HOUR_MS)
            assert world.tally.done["DoseAsked"] > before, "healed, and no dose for the patient"

    def _room(self, p: Programme) -> bool:
        """Whether the limit has room for the patient's dose, a stroke at each end left out.

        What is stronger than the programme says, in the line or in the last two days, takes it.
        """
        s, strokes = self.world.state, self.world.witness.oracle.strokes
        stronger = any(slug.ng_per_ml > p.ng_per_ml for slug in s.flow.line)
        past = any(mass > s.device.stroke_nl * p.ng_per_ml for _, mass in strokes)
        if p.patient is None or stronger or past:
            return False
        most = p.cycle // HOUR_MS + p.patient.volume_nl + 2 * s.device.stroke_nl
        return most * p.ng_per_ml <= p.per_24h_fg


def ordered(p: Programme, anchor: int, begin: int, end: int) -> int:
    """What the steps of a programme ask for in [begin, end), in nL·ms/h."""
    total, edges = 0, [*(at for at, _ in p.steps), p.cycle_ms]
    for cycle in range((begin - anchor) // p.cycle_ms, (end - anchor) // p.cycle_ms + 1):
        zero = anchor + cycle * p.cycle_ms
        for n, (at, rate) in enumerate(p.steps):
            low, high = max(begin, zero + at), min(end, zero + edges[n + 1])
            total += rate * max(0, high - low)
    return total
