"""What is asked beside what the pump runs, as the pump itself has signed it.

Whether a second person is needed is not taken from the approval alone: a claim that nothing but a
small step is changed is held against the integers.
"""

from cisterna.clinic.signer import law
from cisterna.clinic.signer.deed import Deed
from cisterna.clinic.signer.look import Approval
from cisterna.clinic.signer.refusal import Refusal, demand
from cisterna.pump.link import frame as f
from cisterna.pump.link.answer import Kind, SignedAnswer, from_pump
from cisterna.pump.link.canonical import Unfit, decode
from cisterna.pump.programme import PatientRule, Programme
from cisterna.pump.terms import read_terms


def running(
    report: bytes, approved: Approval | Deed, public: str, own_key: str
) -> Programme | None:
    """What the pump runs by its own signed answer to us, None in a pump without a programme.

    Raises `Refusal` unless it is of that pump, for our key, at the version that was approved.
    """
    frame = f.outbound(report)
    if not isinstance(frame, SignedAnswer) or not from_pump(frame, public):
        raise Refusal("no-report", "The pump's own report is missing.")
    body = frame.body
    ours = body.pump == approved.serial and body.key == own_key
    demand(ours and body.response.kind is Kind.REPORT, "no-report", "This is another report.")
    demand(body.version == approved.base, "version", "Another version runs than was approved on.")
    content = body.response.content or {}
    try:
        found = content["programme"]
        return None if found is None else read_terms(dict(found))
    except (KeyError, TypeError, ValueError, Unfit):
        raise Refusal("no-report", "The report names no programme.") from None


def asked(approved: Approval) -> Programme:
    """The programme of an approval. Raises `Refusal` where it is none for this pump."""
    value = decode(approved.programme.encode())
    if not isinstance(value, dict):
        raise Refusal("unreadable", "The programme cannot be read.")
    try:
        found = read_terms(value)
    except (Unfit, ValueError):
        raise Refusal("unreadable", "The programme cannot be read.") from None
    fits = found.serial == approved.serial and found.version == approved.base + 1
    demand(fits, "version", "The programme is for another pump or version.")
    return found


def allowed(approved: Approval, new: Programme, old: Programme | None, role: str) -> None:
    """Raise `Refusal` unless everybody has signed whom this change needs."""
    raises = old is None or patient_more(old.patient, new.patient)
    if raises and new.patient is not None:
        demand(law.may_raise_patient_dose(role), "role", "This role sets no patient dose.")
    if approved.second:
        return
    if approved.lone:
        lower = not approved.blocked and (new.mode == "stopped" or _lower(new, old))
        demand(lower and approved.refill is None, "not-lower", "Alone, a dose is only lowered.")
        return
    needs = bool(approved.claimed) or bool(approved.loud & law.calling())
    needs = needs or old is None or raises or _other(approved, new, old)
    demand(not needs, "second-signer", "This change needs a second person.")


def patient_more(old: PatientRule | None, new: PatientRule | None) -> bool:
    """Whether the patient may have more, faster or more often."""
    if new is None:
        return False
    return old is None or (
        new.volume_nl > old.volume_nl
        or new.duration_ms < old.duration_ms
        or new.lockout_ms < old.lockout_ms
        or new.most_per_day > old.most_per_day
    )


def _other(approved: Approval, new: Programme, old: Programme) -> bool:
    strength = approved.refill["ng_per_ml"] if approved.refill else new.ng_per_ml
    same = (new.primary, new.ng_per_ml) == (old.primary, old.ng_per_ml)
    return not same or strength != old.ng_per_ml or new.bridge is not None


def _lower(new: Programme, old: Programme | None) -> bool:
    """Peak, mean, limit and patient's dose of the same solution, none of them higher."""
    if old is None or (new.primary, new.ng_per_ml) != (old.primary, old.ng_per_ml):
        return False
    return (
        new.bridge is None
        and new.highest_nl_per_h <= old.highest_nl_per_h
        and new.cycle * old.cycle_ms <= old.cycle * new.cycle_ms
        and new.per_24h_fg <= old.per_24h_fg
        and not patient_more(old.patient, new.patient)
    )
