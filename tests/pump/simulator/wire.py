"""The network between the pump and its peers: it loses, doubles, delays, bends, and remembers.

Conversations are generators: they yield the bytes of a frame, or a number of ms to wait, and get
what came back: an outbound frame, or None when nothing came in time.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cisterna.pump.link import frame as f
from cisterna.pump.link.answer import SignedAnswer, SignedGreeting, from_pump
from cisterna.pump.link.canonical import Reason
from tests.pump.link.people import PUMP_PUBLIC
from tests.pump.simulator.world import Talk, World

PATIENCE_MS = 3_000
MOST_TAPED = 400


@dataclass(slots=True)
class Call:
    """A conversation under way; `turn` tells a late answer from one that is waited for."""

    talk: Talk
    turn: int = 0
    over: bool = False


class Wire:
    """All links of one pump. `tape` is what an eavesdropper kept of every link."""

    def __init__(self, world: World) -> None:
        self.world, self.random = world, world.random
        self.tape: list[bytes] = []
        self.fresh: deque[bytes] = deque(maxlen=6)
        self.echoes: list[bytes] = []

    def begin(self, talk: Talk) -> None:
        """A conversation begins."""
        self._goes_on(Call(talk), None)

    def _goes_on(self, call: Call, value: Any) -> None:
        if call.over:
            return
        call.turn += 1
        try:
            wanted = call.talk.send(value)
        except StopIteration:
            call.over = True
            return
        turn = call.turn
        patience = wanted if isinstance(wanted, int) else PATIENCE_MS
        self.world.after(patience, lambda: self._late(call, turn))
        if isinstance(wanted, bytes):
            self._keep(self.tape, wanted)
            self.fresh.append(wanted)
            self._carry(wanted, lambda content: self._arrives(content, call, turn))
            self._slips_in()

    def _slips_in(self) -> None:
        """An old frame, from a moment ago or from long ago, among those of a conversation."""
        if self.world.healed or self.random.random() > 0.05:
            return
        self.world.fault("an old frame slipped in")
        old = self.random.choice(self.random.choice((self.tape, self.fresh)))
        self.world.after(self.random.randint(0, 2_000), lambda: self._replayed(old))

    def _replayed(self, old: bytes) -> None:
        self.world.hear(old)

    def _late(self, call: Call, turn: int) -> None:
        if call.turn == turn:
            self._goes_on(call, None)

    def _arrives(self, content: bytes, call: Call, turn: int) -> None:
        heard = self.world.hear(content)
        if heard is None:
            return
        answer = heard.frame[f.LENGTH_BYTES :]
        self._keep(self.echoes, answer)
        self._carry(answer, lambda back: self._answered(back, answer, call, turn))

    def _answered(self, content: bytes, sent: bytes, call: Call, turn: int) -> None:
        frame = f.outbound(content)
        if content != sent:
            real = isinstance(frame, SignedAnswer | SignedGreeting) and from_pump(
                frame, PUMP_PUBLIC
            )
            assert not real, "a bent answer passes for the pump's"
            return
        if call.turn == turn and not isinstance(frame, Reason):
            self._goes_on(call, frame)

    def _keep(self, tape: list[bytes], content: bytes) -> None:
        if len(tape) < MOST_TAPED:
            tape.append(content)
        else:
            tape[self.random.randrange(MOST_TAPED)] = content

    def _carry(self, content: bytes, arrives: Callable[[bytes], None]) -> None:
        """Bring a frame to the other side, or not, or more than once, or late, or bent."""
        world, chosen, rate = self.world, self.random, self.world.options
        delay = chosen.randint(5, 400)
        if world.healed:
            world.after(delay, lambda: arrives(content))
            return
        fate = chosen.randrange(1_000)
        if fate < rate.drop:
            world.fault("frame lost")
            return
        if (fate := fate - rate.drop) < rate.twice:
            world.fault("frame twice")
            world.after(chosen.randint(5, 20_000), lambda: arrives(content))
        elif (fate := fate - rate.twice) < rate.late:
            world.fault("frame late, behind others")
            delay = chosen.randint(400, 30_000)
        elif fate - rate.late < rate.bent:
            world.fault("frame bent")
            content = bent(chosen.randrange(1 << 30), content)
        world.after(delay, lambda: arrives(content))


def bent(chance: int, content: bytes) -> bytes:
    """The frame with one byte that is not what was sent."""
    changed = bytearray(content)
    changed[chance % len(changed)] ^= 1 << (chance // 7 % 8)
    return bytes(changed)
