"""May this authentic command act now? Role, arguments, time, version and session, in this order.

The first thing that is wrong is the answer, and the answer is an ordinary refusal: the sender is
known, so it may know why.
"""

from dataclasses import dataclass

from cisterna.pump.link.answer import Response, refused
from cisterna.pump.link.canonical import Unfit
from cisterna.pump.link.command import Command, Head
from cisterna.pump.link.rules import AHEAD_MS, RULES, Rule, may
from cisterna.pump.link.verbs import Activate, Verb, verb


@dataclass(frozen=True, slots=True)
class Situation:
    """What the link is told: the pump's clock, the running programme's version, if a bolus runs."""

    now_ms: int
    version: int
    bolus: bool = False


def judge(command: Command, at: Situation, floor_ms: int, holder: str | None) -> Verb | Response:
    """The verb to carry out, or the refusal. `holder` is the key with the programming session."""
    head = command.head
    if not may(head.role, head.verb):
        return refused("role", f"a key of the role {head.role.value} may not ask for this")
    try:
        wanted = verb(head.verb, command.args)
    except Unfit as wrong:
        return refused("arguments", str(wrong))
    rule = RULES[head.verb]
    late = _untimely(head, rule, at.now_ms, floor_ms)
    if late is not None:
        return late
    base = wanted.base_version if isinstance(wanted, Activate) else head.base
    if rule.current and (head.base != at.version or base != at.version):
        return refused("stale-version", f"the running programme is version {at.version}")
    if rule.session and holder != head.key:
        return refused("no-session", "another key, or none, has the programming session")
    return wanted


def _untimely(head: Head, rule: Rule, now_ms: int, floor_ms: int) -> Response | None:
    """A refusal unless the command was issued after the last restart and is good right now."""
    if rule.window_ms is None:
        return None
    if head.issued_ms > now_ms + AHEAD_MS:
        return refused("not-yet", "it was issued later than the pump's clock")
    if head.issued_ms < floor_ms:
        return refused("before-restart", "it was issued before the pump restarted")
    if not 0 < head.expires_ms - head.issued_ms <= rule.window_ms:
        return refused("window", f"it must expire within {rule.window_ms} ms of its issue")
    if now_ms >= head.expires_ms:
        return refused("expired", "it came too late")
    return None
