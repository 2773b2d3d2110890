"""The one step that every frame goes through.

`receive` says what to do with a frame: carry a command out, reply at once, or stay silent. If
`state.must_save` says so, `state.saved` has to be in the journal before anything is done or sent.
After a command, `settle` remembers the outcome and makes the answer. Nothing here reads a clock, a
socket or a disk.
"""

from dataclasses import dataclass, replace

from cisterna.pump.link import budget as battery
from cisterna.pump.link import keys, lease, ledger, pairing
from cisterna.pump.link.answer import ACCEPTED, Answer, Greeting, Kind, Response, refused
from cisterna.pump.link.canonical import Reason
from cisterna.pump.link.command import Command, Head, authentic, same_text
from cisterna.pump.link.frame import Admitted, Hello, Pair, Paired, Reader, inbound
from cisterna.pump.link.judge import Situation, judge
from cisterna.pump.link.ledger import Result
from cisterna.pump.link.notes import Note, Notes, What
from cisterna.pump.link.rules import RULES
from cisterna.pump.link.state import Link, hung_up, passed
from cisterna.pump.link.verbs import (
    NAMES,
    CloseSession,
    Knock,
    OpenSession,
    PairBegin,
    Revoke,
    Role,
    TakeOver,
    Verb,
)


@dataclass(frozen=True, slots=True)
class Carry:
    """A command that the controller has to carry out, once; `session` numbers the lease."""

    head: Head
    verb: Verb
    session: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What to send now; an answer or greeting is signed with the pump's key first."""

    body: Answer | Greeting | Paired | Admitted


@dataclass(frozen=True, slots=True)
class Silence:
    """Not authentic: send `Rejected`, end the connection, and tell the peer nothing else."""

    why: Reason


@dataclass(frozen=True, slots=True)
class Step:
    """The link after a frame, what to do, and what to log."""

    link: Link
    outcome: Carry | Reply | Silence
    notes: Notes = ()


def receive(link: Link, content: bytes, at: Situation) -> Step:
    """Take one frame, whatever it is. Total: raises nothing."""
    frame = inbound(content)
    if isinstance(frame, Reason):
        return _silent(link, frame)
    link, before = passed(link, at.now_ms)
    if isinstance(frame, Command):
        step = _command(link, frame, at)
    elif isinstance(frame, Pair):
        step = _pair(link, frame, at)
    elif isinstance(frame, Reader):
        step = _reader(link, frame, at)
    else:
        step = _hello(link, frame, at)
    return replace(step, notes=(*before, *step.notes))


def wake(link: Link, knock: bytes | None, at: Situation) -> tuple[Link, bool, Notes]:
    """Whether to wake the radio: for a signed knock, or for a stranger while the budget lasts."""
    if knock is None:
        calls, granted = battery.stranger(link.budget, at.now_ms)
        return replace(link, budget=calls), granted, _woken("", granted)
    frame = inbound(knock)
    if not isinstance(frame, Command) or frame.head.verb != NAMES[Knock]:
        return link, False, _woken("", granted=False)
    step = receive(link, knock, at)
    body = step.outcome.body if isinstance(step.outcome, Reply) else None
    if not isinstance(body, Answer) or body.response != ACCEPTED:
        return step.link, False, (*step.notes, *_woken("", granted=False))
    key = step.link.ring.known(body.key, at.now_ms)
    role = key.role if key else Role.EMERGENCY
    calls, granted = battery.known(step.link.budget, body.key, role, at.now_ms)
    return replace(step.link, budget=calls), granted, (*step.notes, *_woken(body.key, granted))


def settle(
    link: Link, carry: Carry, response: Response, at: Situation
) -> tuple[Link, Answer, Notes]:
    """The controller has answered: remember it, and make the answer for the sender."""
    head = carry.head
    notes: Notes = ()
    if RULES[head.verb].acts:
        link = replace(link, ledger=ledger.settle(link.ledger, head.key, head.id, response))
    opening = isinstance(carry.verb, (OpenSession, TakeOver))
    if opening and response.kind is Kind.REFUSED and link.lease.holder == head.key:
        held, notes = lease.closed(link.lease)
        link = replace(link, lease=held)
    return link, _answer(link, head, response, at), notes


def _command(link: Link, command: Command, at: Situation) -> Step:
    """First whose it is, then whether it was seen, then whether it may act."""

    def public(id: str, role: Role) -> str | None:
        key = link.ring.known(id, at.now_ms)
        return key.public if key and key.role is role else None

    why, head = authentic(command, link.ring.pump, public), command.head
    if why is not None:
        return _silent(link, why)
    account = link.ledger.of(head.key)
    seen = account.result(head.id)
    if seen is not None:
        again = _repeated(seen, head)
        note = Note(What.COMMAND_REPEATED, head.key, head.verb)
        return Step(link, Reply(_answer(link, head, again, at)), (note,))
    if head.counter <= account.used:
        return _refuse(link, head, refused("counter", "this counter is used"), at)
    wanted = judge(command, at, link.ledger.floor_ms, link.lease.holder)
    acts = head.verb in RULES and RULES[head.verb].acts
    result = Result(head.id, same_text(head)) if acts else None
    link = replace(
        link,
        ledger=ledger.spend(link.ledger, head.key, head.counter, result),
        lease=lease.heard(link.lease, head.key, at.now_ms),
    )
    if isinstance(wanted, Response):
        return _refuse(link, head, wanted, at)
    return _act(link, head, wanted, at)


def _repeated(seen: Result, head: Head) -> Response:
    """The answer to an id that was seen before: never a second deed."""
    if seen.text != same_text(head):
        return refused("id-used", "another command had this id")
    unknown = refused("unknown-outcome", "it may have been carried out: read the state first")
    return seen.response or unknown


def _act(link: Link, head: Head, wanted: Verb, at: Situation) -> Step:
    """Do here what concerns keys and the lease; leave the rest to the controller."""
    if isinstance(wanted, Knock):
        return Step(link, Reply(_answer(link, head, ACCEPTED, at)))
    if isinstance(wanted, (PairBegin, Revoke)):
        return _keys(link, head, wanted, at)
    notes: Notes = ()
    if isinstance(wanted, OpenSession):
        found = lease.opened(link.lease, head.key, at.now_ms)
        if found is None:
            taken = "another programmer has the session; reading is possible, or taking over"
            return _refuse(link, head, refused("session-held", taken), at)
        link, notes = replace(link, lease=found[0]), found[1]
    elif isinstance(wanted, TakeOver):
        held, notes = lease.taken_over(link.lease, head.key, at.now_ms)
        link = replace(link, lease=held)
    number = link.lease.number
    if isinstance(wanted, CloseSession):
        held, notes = lease.closed(link.lease)
        link = replace(link, lease=held)
    return Step(link, Carry(head, wanted, number), notes)


def _keys(link: Link, head: Head, wanted: PairBegin | Revoke, at: Situation) -> Step:
    """A change of the ring, which is settled at once."""
    if isinstance(wanted, PairBegin):
        done = pairing.begin(link.ring, wanted, head.key, at.now_ms, at.bolus)
    else:
        done = keys.revoke(link.ring, wanted.key, head.key)
    if isinstance(done, str):
        step = _refuse(link, head, refused(done, "the keys are as they were"), at)
        note = Note(What.PAIRING_REFUSED, head.key, done)
        return replace(step, notes=(*step.notes, note)) if isinstance(wanted, PairBegin) else step
    ring, notes = done
    link = replace(link, ring=ring)
    if isinstance(wanted, Revoke):
        link = replace(link, ledger=ledger.forget(link.ledger, frozenset(k.id for k in ring.keys)))
        link, lost = hung_up(link, wanted.key)
        notes = (*notes, *lost)
    link = replace(link, ledger=ledger.settle(link.ledger, head.key, head.id, ACCEPTED))
    return Step(link, Reply(_answer(link, head, ACCEPTED, at)), notes)


def _pair(link: Link, asked: Pair, at: Situation) -> Step:
    ring, paired, notes = pairing.pair(link.ring, asked, at.now_ms, at.bolus)
    link = replace(link, ring=ring)
    return Step(link, Reply(paired) if paired else Silence(Reason.BAD_PROOF), notes)


def _reader(link: Link, asked: Reader, at: Situation) -> Step:
    ring, id, notes = keys.admit(link.ring, asked.public, at.now_ms)
    link = replace(link, ring=ring)
    link = replace(link, ledger=ledger.forget(link.ledger, frozenset(k.id for k in ring.keys)))
    admitted = Reply(Admitted(id, ring.public)) if id else Silence(Reason.NOT_OPEN)
    return Step(link, admitted, notes)


def _hello(link: Link, asked: Hello, at: Situation) -> Step:
    greeting = Greeting(link.ring.pump, asked.nonce, at.now_ms, at.version)
    return Step(link, Reply(greeting))


def _silent(link: Link, why: Reason) -> Step:
    return Step(link, Silence(why), (Note(What.NOT_AUTHENTIC, detail=why.value),))


def _refuse(link: Link, head: Head, why: Response, at: Situation) -> Step:
    link = replace(link, ledger=ledger.settle(link.ledger, head.key, head.id, why))
    note = Note(What.COMMAND_REFUSED, head.key, f"{head.verb}: {why.code}")
    return Step(link, Reply(_answer(link, head, why, at)), (note,))


def _answer(link: Link, head: Head, response: Response, at: Situation) -> Answer:
    counter = link.ledger.of(head.key).used
    return Answer(link.ring.pump, head.key, head.id, at.now_ms, at.version, counter, response)


def _woken(key: str, granted: bool) -> Notes:
    return (Note(What.WOKEN if granted else What.NOT_WOKEN, key),)
