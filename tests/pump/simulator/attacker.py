"""Somebody who hears all links and speaks on them, with every key but the right ones.

Frames that were sent once come again, at any later time; others are bent, cut, made up, signed by
a stranger, signed by a stranger in another's name, or the pump's own answers.
"""

from collections.abc import Callable

from cisterna.pump.link import frame as f
from cisterna.pump.link import verbs as v
from cisterna.pump.link.command import Sender
from tests.pump.link.people import ADA, PATIENT, PUMP, STRANGER, Person, secret
from tests.pump.simulator.wire import Wire, bent
from tests.pump.simulator.world import REJECTED, World

KINDS = (
    "attack: an old frame again",
    "attack: an old frame bent",
    "attack: an old frame bent",
    "attack: an old frame cut",
    "attack: an old frame cut",
    "attack: noise",
    "attack: noise",
    "attack: noise",
    "attack: the pump's own answer",
    "attack: a stranger's command",
    "attack: in another's name",
    "attack: a guessed code",
    "attack: a stranger wakes the radio",
)


class Attacker:
    """One who tries again and again."""

    def __init__(self, world: World, wire: Wire) -> None:
        self.world, self.wire, self.random = world, wire, world.random

    def begin(self) -> None:
        """A burst of frames, all within a minute."""
        for _ in range(self.random.randint(1, 2 * self.world.options.burst)):
            self.world.after(self.random.randint(0, 60_000), self._once)

    def _once(self) -> None:
        if self.world.unit is None or not self.wire.tape or not self.wire.echoes:
            return
        kind = self.random.choice(KINDS)
        self.world.fault(kind)
        if kind.endswith("radio"):
            self.world.unit.woken(None, self.world.now)
            return
        content = self._frame(kind)
        heard = self.world.hear(content)
        if kind != KINDS[0] and content not in self.world.witness.warrants.orders:
            same = b'"kind":"hello"' in content  # unsigned: what is bent may still be a hello
            assert same or (heard is not None and heard.frame == REJECTED), f"{kind} is answered"

    def _frame(self, kind: str) -> bytes:
        chosen = self.random
        old = chosen.choice(chosen.choice((self.wire.tape, self.wire.fresh)))
        made: dict[str, Callable[[], bytes]] = {
            "attack: an old frame again": lambda: old,
            "attack: an old frame bent": lambda: bent(chosen.randrange(1 << 30), old),
            "attack: an old frame cut": lambda: old[: chosen.randrange(len(old))],
            "attack: noise": lambda: chosen.randbytes(chosen.randint(0, 300)),
            "attack: the pump's own answer": lambda: chosen.choice(self.wire.echoes),
            "attack: a guessed code": self._guessed,
        }
        return made[kind]() if kind in made else self._signed(kind)

    def _guessed(self) -> bytes:
        proof = f"{self.random.getrandbits(256):064x}"
        return f.body(f.Pair(v.Role.REMOTE, STRANGER.public, proof))

    def _signed(self, kind: str) -> bytes:
        chosen, now = self.random, self.world.now
        verb: v.Verb = chosen.choice((v.Stop(), v.OpenSession(), v.AskDose(), v.Restart()))
        victim: Person = chosen.choice((ADA, PATIENT)) if kind.endswith("name") else STRANGER
        sender = Sender(PUMP, victim.role, victim.key, secret(STRANGER.name).sign)
        id, counter = f"{chosen.getrandbits(128):032x}", chosen.randrange(1 << 20)
        base = self.world.state.version
        return f.body(
            sender.command(
                verb, id=id, counter=counter, base=base, issued_ms=now, expires_ms=now + 9_000
            )
        )
