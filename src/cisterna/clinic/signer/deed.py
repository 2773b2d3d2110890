"""What is done by hand as the signer reads it: one verb, its integers, for one pump and version.

It shares no code with the gate. A bolus and a prime need a second person whatever the approval
says, and a bolus brings no more room in its limit than the running programme and itself.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cisterna.clinic.signer import law
from cisterna.clinic.signer.chain import UNFIT, Chain, chain_of, check_proof, check_second
from cisterna.clinic.signer.passkey import People
from cisterna.clinic.signer.refusal import Refusal, demand
from cisterna.pump.link.canonical import decode
from cisterna.pump.link.verbs import ClinicianBolus, verb
from cisterna.pump.programme import Programme

DEEDS = frozenset(
    {
        *("clinician_bolus", "prime", "record_line", "restart", "clock_set"),
        *("alarm_silence", "alarm_acknowledge"),
    }
)
"""Signed under an approval of exactly this verb with these arguments, once."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What may be signed: this verb with these arguments, in this pump at this version, once."""

    bound: str
    serial: str
    base: int
    verb: str
    arguments: Mapping[str, Any]


def deed(
    texts: Sequence[str],
    now: datetime,
    people: People | None = None,
    spans: law.Spans | None = None,
) -> Deed:
    """What these texts approve at this moment. Raises `Refusal` for whatever approves no deed."""
    try:
        return _deed(chain_of(texts, "deed-proposed", now, spans), now, people)
    except UNFIT:
        raise Refusal("unreadable", "The texts are no approval.") from None


def _deed(c: Chain, now: datetime, people: People | None) -> Deed:
    body = c.proposal["body"]
    name, text = body["verb"], body["arguments"]
    demand(name in DEEDS, "verb", f"No approval covers {name}.")
    law.may_propose(c.proposal, c.order, c.high, body["digest"], act=name)
    demand(not c.glass, "glass", "Nothing is done by hand alone.")
    check_second(c)
    needs = bool(body["second"]) or law.two_for(name) or bool(c.loud & law.calling())
    demand(not needs or c.second is not None, "second-signer", "This needs a second person.")
    check_proof(c, now, people)
    own = hashlib.sha256(f"{name}\n{text}".encode()).hexdigest() == body["digest"]
    demand(own, "altered", "The deed does not have the digest that was approved.")
    arguments = decode(text.encode())
    if not isinstance(arguments, dict):
        raise Refusal("unreadable", "The arguments cannot be read.")
    verb(name, arguments)
    return Deed(c.bound, body["serial"], body["base_version"], name, arguments)


def within_limit(found: Deed, runs: Programme | None) -> None:
    """Raise `Refusal` for a bolus with more room than the running programme and itself."""
    if found.verb != "clinician_bolus":
        return
    asked = verb(found.verb, dict(found.arguments))
    if runs is None or not isinstance(asked, ClinicianBolus):
        raise Refusal("no-programme", "There is no programme that a bolus could flow beside.")
    most = runs.per_24h_fg + asked.volume_nl * runs.ng_per_ml
    demand(asked.limit_fg_per_24h <= most, "limit", "The bolus brings too high a limit.")
