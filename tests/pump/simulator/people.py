"""Who speaks with the pump: two programmers, the patient's remote, emergency readers.

Each has a key, counts its commands, and knows the pump's clock as well as its last answer told it,
or worse. They retry what is not answered, give up, walk away in the middle, and err.
"""

from collections.abc import Iterator

from cisterna.pump.alarms import effect
from cisterna.pump.link import frame as f
from cisterna.pump.link import verbs as v
from cisterna.pump.link.answer import Answer, Response, SignedAnswer, SignedGreeting
from cisterna.pump.terms import programme_terms
from cisterna.quantity import DAY_MS, HOUR_MS
from tests.pump.link.people import ADA, BEN, PATIENT, Person
from tests.pump.simulator.hardware import Hardware
from tests.pump.simulator.programmes import drawn, mistaken
from tests.pump.simulator.warrants import Order
from tests.pump.simulator.wire import Wire
from tests.pump.simulator.world import Talk, World


class Peer:
    """One person's device."""

    def __init__(self, world: World, person: Person) -> None:
        self.world, self.person, self.random = world, person, world.random
        self.counter = self.version = self.skew_ms = 0

    def hello(self) -> Talk:
        """Ask for the pump's clock and version; True if it answers."""
        nonce = f"{self.random.getrandbits(128):032x}"
        found = yield f.body(f.Hello(nonce))
        if not isinstance(found, SignedGreeting):
            return False
        self.version, self.skew_ms = found.body.version, 0
        if not self.world.healed and self.random.random() < 0.05:
            most = self.world.options.skew_ms
            self.skew_ms = self.random.randint(-most, most)
            self.world.fault("peer's clock is wrong")
        return True

    def ask(self, verb: v.Verb, patience: int = 3) -> Talk:
        """Send a command until it is answered; the response, None if nothing ever came."""
        for _ in range(2):
            found = None
            content, id = self._signed(verb)
            for _ in range(patience):
                found = yield content
                if isinstance(found, SignedAnswer) and found.body.id == id:
                    break
                found = None
            if found is None:
                return None
            response = self._learns(found.body)
            if response.code != "counter":
                return response
        return response

    def _signed(self, verb: v.Verb) -> tuple[bytes, str]:
        self.counter += 1
        id = f"{self.random.getrandbits(128):032x}"
        now = max(0, self.world.now + self.skew_ms)
        times = {"issued_ms": now, "expires_ms": now + 10_000}
        content = f.body(self.person.says(verb, self.counter, id=id, base=self.version, **times))
        order = Order(id, self.person, verb, self.version, now, now + 10_000)
        self.world.witness.warrants.orders[content] = order
        return content, id

    def _learns(self, answer: Answer) -> Response:
        self.counter = max(self.counter, answer.counter)
        self.version = answer.version
        return answer.response


class Programmer(Peer):
    """Comes for a visit, does what is due and what comes to mind."""

    def visit(self) -> Talk:
        """One session, or a try at one."""
        if not (yield from self.hello()):
            return
        opened = yield from self.ask(v.OpenSession())
        if opened and opened.code == "session-held" and self.random.random() < 0.5:
            opened = yield from self.ask(v.TakeOver())
        if opened is None or opened.code:
            return
        for verb in self._errands():
            yield self.random.randint(500, 9_000)
            response = yield from self.ask(verb)
            if response is None or self.random.random() < 0.02:
                break
        if self.random.random() < 0.8:
            yield from self.ask(v.CloseSession())
        elif self.random.random() < 0.5 and self.world.unit:
            self.world.fault("connection cut")
            self.world.unit.hung_up(self.person.key, self.world.now)

    def _errands(self) -> Iterator[v.Verb]:
        yield v.Interrogate()
        yield from self._tidy()
        for _ in range(self.random.randint(1, 2)):
            yield from self.random.choice(
                (self._programmes, self._programmes, self._doses, self._refills, self._odd)
            )()

    def _tidy(self) -> Iterator[v.Verb]:
        """What the pump shows as wrong is seen to."""
        s = self.world.state
        if s.unknown:
            yield v.Reconcile()
        yield from (v.AlarmAcknowledge(a.code) for a in s.alarms[:2])
        if s.flow.reservoir_nl < 4_000_000:
            yield from self._refills()
        if s.programme is None or (s.bridge_left_nl and self.random.random() < 0.3):
            yield from self._programmes()
        if (s.stopped_ms is not None or s.minimum) and self.random.random() < 0.9:
            yield v.Restart()

    def _programmes(self) -> Iterator[v.Verb]:
        chosen = self.random
        wanted = drawn(chosen, self.world.state)
        if not self.world.healed and chosen.random() < 0.15:
            self.world.fault("a programme with a mistake")
            wanted = mistaken(chosen, wanted)
        yield v.Stage(programme_terms(wanted), wanted.digest)
        yield v.ReadBack()
        slip = None if self.world.healed else chosen.random()
        if slip is not None and slip < 0.05:
            self.world.fault("another digest is confirmed")
            yield v.Confirm("ab" * 32)
        elif slip is None or slip > 0.1:
            yield v.Confirm(wanted.digest)
        else:
            self.world.fault("activated without confirmation")
        yield v.Activate(self.version)

    def _doses(self) -> Iterator[v.Verb]:
        chosen, s = self.random, self.world.state
        if chosen.random() < 0.3:
            volume = chosen.randint(10_000, 200_000)
            yield v.RecordLine(200_000, chosen.choice((200_000, volume)), s.flow.ng_per_ml)
            yield v.Prime(volume, chosen.randint(20_000, 900_000))
            return
        volume = chosen.randint(1, 30) * s.device.stroke_nl
        room = s.programme.per_24h_fg if s.programme else 0
        limit = (room + volume * s.flow.ng_per_ml) * chosen.choice((10, 10, 10, 6)) // 10
        yield v.ClinicianBolus(volume, chosen.randint(1, 60) * 60_000, max(1, limit))

    def _refills(self) -> Iterator[v.Verb]:
        chosen, s = self.random, self.world.state
        measured = s.flow.reservoir_nl
        if not self.world.healed and chosen.random() < 0.3:
            self.world.fault("a wrong volume is measured")
            measured = max(0, measured + chosen.randint(-3_000_000, 3_000_000))
        strength = s.flow.ng_per_ml
        if not self.world.healed and chosen.random() < 0.15:
            strength = chosen.choice((5_000_000, 10_000_000, 20_000_000))
        fill = chosen.choice((20_000_000, 20_000_000, 10_000_000, 21_000_000))
        yield v.Refill(measured, fill, strength)
        if strength != s.flow.ng_per_ml:
            yield from self._programmes()

    def _odd(self) -> Iterator[v.Verb]:
        chosen = self.random
        what = chosen.randrange(6)
        if what == 0:
            yield v.Stop()
            yield v.Restart()
        elif what == 1:
            self.world.fault("clock set")
            yield v.ClockSet(chosen.randint(-(10**10), 10**10))
        elif what == 2:
            yield from (v.AlarmSilence(a.code) for a in self.world.state.alarms[:1])
        elif what == 3:
            yield from (v.MriBegin(), v.MriEnd())
        elif what == 4:
            yield v.AskDose()
            yield v.Revoke(PATIENT.key[::-1])
        else:
            yield v.Stop()


class Remote(Peer):
    """The patient's: asks too often, stops a dose now and then."""

    def presses(self) -> Talk:
        """One need for a dose."""
        if not (yield from self.hello()):
            return
        for _ in range(self.random.choice((1, 1, 2, 4))):
            yield from self.ask(v.AskDose(), patience=2)
            yield self.random.choice((800, 3_000, 40 * 60_000))
        what = self.random.random()
        if what < 0.15:
            yield from self.ask(v.StopDose())
        elif what < 0.3:
            yield from self.ask(v.ReadState())


class Readers:
    """Emergency staff: a touch, a key that nobody knew, and a stop or the minimum rate."""

    def __init__(self, world: World) -> None:
        self.world, self.number = world, 0

    def comes(self) -> Talk:
        """One emergency."""
        self.number += 1
        world, reader = self.world, Peer(self.world, Person(f"r{self.number}", v.Role.EMERGENCY))
        if world.unit is None:
            return
        if world.random.random() < 0.8:
            world.unit.touched(world.now)
        yield f.body(f.Reader(reader.person.public))
        if not (yield from reader.hello()):
            return
        verbs = (v.ReadState(), v.MinimumRate(), v.Stop(), v.AskDose(), v.Restart())
        for _ in range(2):
            yield from reader.ask(world.random.choice(verbs))


class People:
    """All who come, and when."""

    def __init__(self, world: World, wire: Wire, hardware: Hardware) -> None:
        self.world, self.wire, self.hardware = world, wire, hardware
        self.programmers = [Programmer(world, ADA), Programmer(world, BEN)]
        self.remote, self.readers = Remote(world, PATIENT), Readers(world)

    def begin(self) -> None:
        """They come from now on."""
        options, again = self.world.options, self.hardware.again
        again(options.visits_ms, self._visit)
        again(options.presses_ms, self._presses)
        again(2 * DAY_MS, self._called)
        again(options.readers_ms, lambda: self.wire.begin(self.readers.comes()))
        self.world.after(HOUR_MS, self._visit)

    def _presses(self) -> None:
        """The patient presses; now and then the power goes while the dose is given."""
        self.wire.begin(self.remote.presses())
        if self.world.random.random() < 0.1:
            self.world.after(self.world.random.randint(0, 900_000), self.hardware.power)

    def _called(self) -> None:
        """Somebody looks at the pump now and then, and calls a programmer where it is not well."""
        s = self.world.state
        still = s.stopped_ms is not None or s.minimum or s.flow.reservoir_nl < 2_000_000
        if still or s.unknown or effect(s.alarms) != "none":
            self._visit()

    def _visit(self) -> None:
        """One programmer, sometimes both at a time."""
        chosen = self.world.random
        first = chosen.choice(self.programmers)
        self.wire.begin(first.visit())
        if chosen.random() < 0.2:
            other = self.programmers[first is self.programmers[0]]
            self.world.after(chosen.randint(0, 40_000), lambda: self.wire.begin(other.visit()))
