"""The oracle: what a pump may do, said a second time, with nothing of guard or controller.

It hears every event, its outcome and what was planned before it (`state.tip`), counts stroke by
stroke what is pumped and what leaves the tip, and asserts at every event what must always hold:

- never a stroke ahead of what is ordered, never a whole stroke behind it, never faster than the
  device (so no window of any length holds a stroke more than schedule and admitted doses ask for);
- what was filled is delivered, in the reservoir, withdrawn, or found missing at a refill;
- the mass of each stroke at the tip is that of a queue of nanolitres;
- an accepted dose keeps lockout, count and the rolling 24 h limit, and nothing forbids it;
- what flows once is closed once, within its bounds, and its rest never flows.
"""

from dataclasses import dataclass, field

from cisterna.pump import events as e
from cisterna.pump.programme import Device, Programme
from cisterna.pump.state import State
from cisterna.quantity import TipRun

HOUR, DAY = 3_600_000, 86_400_000
STOPPING = {"flow", "repeated-stop", "rotor-sensor"}
HOLDING = STOPPING | {"stall", "empty-reservoir", "end-of-service"}
FORBIDDING = HOLDING | {"memory", "occlusion", "unknown-outcome"}
Once = tuple[str, int, int, int, int]  # kind, number, begin ms, end ms, nL


@dataclass
class Oracle:
    """What one pump may do; `see` raises `AssertionError` where it does something else."""

    device: Device
    now: int
    wall: int
    reservoir: int
    strength: int
    line: list[list[int]]
    filled: int = 0
    delivered: int = 0
    withdrawn: int = 0
    missing: int = 0
    asked: int = 0  # nL·ms/h, as long as it can still flow
    rest: int = 0  # of it, what the end of a dose asked for in this very millisecond
    staged: Programme | None = None
    programme: Programme | None = None
    anchor: int = 0
    once: Once | None = None
    bridge: int = 0  # nL of the old solution that must still leave the line
    floor: int = 0
    session: bool = False
    stopped: bool = False
    minimum: bool = False
    unknown: bool = False
    wrong: set[str] = field(default_factory=set)
    closed: set[tuple[str, int]] = field(default_factory=set)
    doses: list[int] = field(default_factory=list)
    strokes: list[tuple[int, int]] = field(default_factory=list)
    promise: tuple[int, int] | None = None

    @classmethod
    def of(cls, pump: State) -> "Oracle":
        """The oracle of a pump that has done nothing yet."""
        line = [[slug.volume_nl, slug.ng_per_ml] for slug in pump.flow.line]
        full = pump.flow.reservoir_nl
        made = cls(pump.device, pump.now_ms, pump.clock_ms, full, pump.flow.ng_per_ml, line)
        made.filled = full
        return made

    def see(self, before: State, event: e.Event, after: State, said: e.Outcome) -> None:
        """One event: what flowed until it, then what it changed, then what must hold."""
        known = event.known_ms if isinstance(event, e.PowerReturned) else event.at_ms
        self._flow(before.tip, known)
        if isinstance(event, e.PowerReturned):
            self._dark(before, event)
        if isinstance(event, e.DoseAsked) and not said.refused:
            self._may_dose(event)
        self.rest = self._rest(self.once) if self.once and self.now >= self.once[3] else 0
        self.asked += self.rest
        for done in said.closed:
            self._close(done, isinstance(event, e.PowerReturned))
        if not said.refused:
            self._change(event)
        for entry in said.log:
            if entry.what == "bridge-begun" and self.programme and self.programme.bridge:
                left, rate = self.bridge, self.programme.bridge.rate_nl_per_h
                assert int(entry.why) == left, "a bridge goes on with what is left of it"
                self.once = ("bridge", 0, self.now, self.now - (-left * HOUR // rate), left)
        self.wrong = {alarm.code for alarm in said.alarms if not alarm.over}
        self.stopped |= bool(STOPPING & self.wrong)
        p = self.programme
        self.floor = (p.floor_nl_per_h or 0) if p else 0
        if p and p.bridge and self.bridge:  # the line still holds the old solution
            self.floor = min(self.floor, p.bridge.rate_nl_per_h)
        self._must_hold(after)

    # What flows ----------------------------------------------------------------------------------

    def _flow(self, tip: TipRun | None, end: int, most: int = 1 << 62) -> None:
        """Each stroke that was planned before `end`, when its last nanolitre was asked for."""
        masses = [m for count, m in tip.parts for _ in range(count)] if tip else []
        times = tip.run.times() if tip else []
        for at, mass in zip(times[:most], masses, strict=False):
            if at >= end:
                break
            self._asks(at)
            self._stroke(at, mass)
        self._asks(end)

    def _stroke(self, at: int, mass: int) -> None:
        one = self.device.stroke_nl
        self.delivered += one
        self.reservoir -= one
        self.bridge -= 0 if self.once else min(one, self.bridge)
        assert self.reservoir >= 0, "a stroke out of an empty reservoir"
        assert self.delivered * HOUR <= self.asked, "a stroke ahead of what is ordered"
        self.line.append([one, self.strength])
        expected, left = 0, one
        while left:
            taken = min(left, self.line[0][0])
            expected, left = expected + taken * self.line[0][1], left - taken
            self.line[0][0] -= taken
            if not self.line[0][0]:
                self.line.pop(0)
        assert mass == expected, "the mass at the tip is that of plug flow"
        self.strokes.append((at, mass))

    def _asks(self, end: int) -> None:
        """Add up what is ordered until `end`, step by step of the schedule."""
        while self.now < end:
            rate, until = self._ordered()
            assert rate <= self.device.fastest_nl_per_h
            until = min(until, end)
            self.asked += rate * (until - self.now)
            self.now = until

    def _ordered(self) -> tuple[int, int]:
        """(nL/h, until when at most) of what is ordered now."""
        p, once, far = self.programme, self.once, self.now + DAY
        alone = once is not None and once[0] in ("prime", "bridge")
        if self.stopped or self.wrong & HOLDING:
            return 0, far
        if p and (self.minimum or "memory" in self.wrong):
            return self.floor, far
        extra = once[4] * HOUR // (once[3] - once[2]) if once and self.now < once[3] else 0
        if p is None or alone:
            return extra, far
        within = (self.now - self.anchor) % p.cycle_ms
        rate = [r for at, r in p.steps if at <= within][-1]
        ends = [at for at, _ in p.steps if at > within] + [p.cycle_ms]
        return rate + extra, self.now + ends[0] - within

    def _rest(self, once: Once) -> int:
        """What the rate of a dose, rounded down, leaves for its end."""
        _, _, begin, end, volume = once
        return volume * HOUR % (end - begin)

    def _dark(self, before: State, event: e.PowerReturned) -> None:
        """The stroke after the last that is on record may have happened; nothing after it."""
        left = (
            before.tip.split(type(before.tip.run.start)(event.known_ms))[1] if before.tip else None
        )
        if left and left.run.at(0).ms < min(event.at_ms, before.until_ms):
            self._flow(left, left.run.at(0).ms + 1, most=1)
        self.unknown |= self.once is not None and self.once[0] in ("patient", "clinician")

    # What an event changes -----------------------------------------------------------------------

    def _close(self, done: e.Closed, dark: bool) -> None:
        assert 0 <= done.least_nl <= done.most_nl <= done.asked_nl
        assert self.once is not None
        assert self.once[0] == done.kind, "nothing is closed but what flows"
        assert done.kind == "bridge" or (done.kind, done.number) not in self.closed
        kind, _, begin, end, volume = self.once
        given = (
            volume
            if self.now >= end
            else volume * HOUR // (end - begin) * (self.now - begin) // HOUR
        )
        assert done.asked_nl == volume
        assert done.least_nl <= given <= done.most_nl
        assert dark or self.now < end or done.least_nl == volume
        self.bridge -= given if kind == "bridge" else 0
        self.closed.add((kind, done.number))
        self.once = None

    def _change(self, event: e.Event) -> None:  # noqa: C901, PLR0915 - one case for each event
        now, p = event.at_ms, self.programme
        self.now = now
        match event:
            case e.SessionOpened():
                self.session = True
            case e.SessionEnded():
                self.session, self.staged = False, None
            case e.Staged():
                self.staged = event.programme
            case e.Activated():
                assert self.staged is not None
                assert self.staged.version == event.base_version + 1
                self.programme, self.minimum, self.promise = self.staged, False, None
                self.anchor = self.staged.zero_ms - self.wall
                staged = self.staged.bridge
                self.bridge = staged.volume_nl if staged else self.bridge
                self.stopped = self.staged.mode == "stopped" or (
                    self.stopped and bool(STOPPING & self.wrong)
                )
            case e.DoseAsked() if p and p.patient:
                rule = p.patient
                self.once = ("patient", event.number, now, now + rule.duration_ms, rule.volume_nl)
                self.doses.append(now)
                self.promise = now, p.per_24h_fg
            case e.BolusOrdered():
                end = now + event.duration_ms
                self.once = ("clinician", event.number, now, end, event.volume_nl)
                self.promise = now, event.per_24h_fg
            case e.Primed():
                self.once = ("prime", event.number, now, now + event.duration_ms, event.volume_nl)
                self.promise = None
            case e.Stopped():
                self.stopped = True
            case e.Restarted():
                self.stopped = self.minimum = False
            case e.MinimumOrdered():
                self.minimum = p is not None and p.floor_nl_per_h is not None
                self.stopped, self.promise = self.stopped or not self.minimum, None
            case e.Refilled():
                self.missing += self.reservoir - event.measured_nl
                self.withdrawn += event.measured_nl
                self.filled += event.fill_nl
                self.reservoir, self.strength = event.fill_nl, event.ng_per_ml
                self.promise = None
            case e.LineSet():
                self.line = [[slug.volume_nl, slug.ng_per_ml] for slug in event.line]
                self.promise = None
            case e.ClockSet():
                self.wall = event.wall_ms - now
            case e.Reconciled():
                self.unknown = False
            case e.Noticed(alarm="memory"):
                self.promise = None  # the floor was not scheduled

    def _may_dose(self, event: e.DoseAsked) -> None:
        now, p = event.at_ms, self.programme
        assert p is not None
        assert p.patient is not None
        assert now < event.expires_ms
        forbidding = (
            self.session,
            self.stopped,
            self.minimum,
            self.unknown,
            self.once,
            self.bridge,
        )
        assert not any(forbidding)
        assert not self.wrong & FORBIDDING
        rule = p.patient
        assert not self.doses or now - self.doses[-1] >= rule.lockout_ms
        assert sum(at > now - DAY for at in self.doses) < rule.most_per_day

    # What must always hold -----------------------------------------------------------------------

    def _must_hold(self, after: State) -> None:
        one, device = self.device.stroke_nl * HOUR, self.device
        if self.reservoir < device.stroke_nl:  # what an empty pump cannot give is lost, not owed
            self.asked = min(self.asked, self.delivered * HOUR + one - 1)
        behind = self.asked - self.delivered * HOUR - self.rest
        assert behind < one + device.fastest_nl_per_h, "a whole stroke behind what is ordered"
        books = self.delivered + self.reservoir + self.withdrawn + self.missing
        assert self.filled == books
        assert after.flow.reservoir_nl == self.reservoir
        self.strokes = [s for s in self.strokes if s[0] > self.now - 2 * DAY]
        if self.promise:
            begun, limit = self.promise
            assert heaviest([s for s in self.strokes if abs(s[0] - begun) < DAY], begun) <= limit


def heaviest(strokes: list[tuple[int, int]], begun: int) -> int:
    """The most that any 24 hours hold which begin before `begun` and end after it."""
    edges = [at for at, _ in strokes if at <= begun] + [begun]
    most = mass = first = last = 0
    for edge in edges:
        while last < len(strokes) and strokes[last][0] < edge + DAY:
            mass, last = mass + strokes[last][1], last + 1
        while first < last and strokes[first][0] < edge:
            mass, first = mass - strokes[first][1], first + 1
        most = max(most, mass)
    return most
