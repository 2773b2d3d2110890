"""A refill, from the door to the second signature, with what the pump itself says."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cisterna.clinic.acts.act import house
from cisterna.clinic.acts.refill_fill import Drawn
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.demo.orders import Drug, Therapy
from cisterna.clinic.demo.player import Player, Step
from cisterna.clinic.demo.steps import Act, Change, drawn_nl
from cisterna.clinic.demo.stories.ordering import change, comes_back, refilled, running
from cisterna.clinic.demo.stories.planning import morning_of, staff
from cisterna.clinic.guards.refill import under_way, watch_until
from cisterna.facts.refill import RefillRules
from cisterna.pump.alarms import wrong_now
from cisterna.quantity import Quantity

MINUTE = timedelta(minutes=1)
FIRST_PART = Quantity.parse("5 mL")
MARKS = Quantity.parse("0.2 mL")
KIT = b.KitChecked(True, True, True, "refill", "easily", False)
QUIET = b.RefillObserved("awake", 14, False, False)


def refill(player: Player, later: timedelta, drugs: tuple[Drug, ...] = ()) -> Iterator[Step]:
    """The whole refill, `later` from now."""
    yield from begun(player, later, drugs)
    yield from _filled(player)
    yield from _closed(player)


def begun(player: Player, later: timedelta, drugs: tuple[Drug, ...] = ()) -> Iterator[Step]:
    """Up to what came back out of the reservoir."""
    why = "what was ordered stands as it was ordered"
    yield Act("begin-refill", staff("nurse"), lambda p: _begin(p, drugs), later, why)
    yield Act("interrogate-before", staff("nurse"), _reported, MINUTE)
    yield Act("record-refill-symptoms", staff("nurse"), _symptoms(), 2 * MINUTE)
    yield Act("read-label", staff("nurse"), _label, MINUTE)
    yield Act("read-label", staff("second-nurse"), _label, MINUTE)
    yield Act("check-kit", staff("nurse"), KIT, 2 * MINUTE)
    yield Act("measure-residual", staff("nurse"), _drawn, 5 * MINUTE)


def _begin(player: Player, drugs: tuple[Drug, ...]) -> b.RefillBegun:
    """Identified; the order of today is kept for the rest of the visit."""
    ordered = refilled(drugs)(player)
    player.today = ordered
    who, runs = player.role.patient, running(player)
    before = player.before.text() if player.before is not None else ""
    device = player.serial
    return b.RefillBegun(
        who.name, who.number, who.born, device, runs.text(), ordered.text(), before
    )


def _today(player: Player) -> Therapy:
    if player.today is None:
        raise LookupError("no refill is under way")
    return player.today


def _reported(player: Player) -> b.PumpReported:
    """What the pump says of itself now."""
    unit = player.stage.unit(player.serial)
    state, row = unit.state, player.stage.host.row(player.serial)
    strength = Quantity.of(state.flow.ng_per_ml, "ng/mL").to("mg/mL")
    return b.PumpReported(
        serial=player.serial,
        version=state.version,
        digest=state.programme.digest if state.programme else None,
        concentration=strength,
        reservoir=Quantity.of(row["reservoir_nl"], "nL").to("mL"),
        running=state.stopped_ms is None,
        alarms=tuple(wrong_now(state.alarms)),
        doses=_doses(player),
        text="report of the pump",
    )


def _doses(player: Player) -> int:
    """Her own doses since the fill, by the pump's log."""
    since = player.stage.ms(running(player).filled_at)
    log = player.stage.unit(player.serial).log.entries
    return sum(e.what == "patient-begun" and e.at_ms >= since for e in log)


def _symptoms() -> b.RefillSymptoms:
    signs = RefillRules(house().library).words("signs")
    return b.RefillSymptoms("intact", "awake", "same", (), tuple(signs))


def _label(player: Player) -> b.LabelRead:
    today = _today(player)
    drugs = tuple(b.LabelDrug(d.name, Quantity.parse(d.concentration)) for d in today.drugs)
    use_by = today.filled_at + timedelta(days=7)
    by, lot = staff("pharmacist").who, f"lot {today.filled_at:%j}"
    who, fill = today.patient.number, Quantity.parse(today.fill)
    return b.LabelRead(who, drugs, fill, use_by, lot, True, by)


def _drawn(player: Player) -> Drawn:
    player.drawn = drawn_nl(player)
    return Drawn(Quantity.of(player.drawn, "nL").to("mL"), MARKS)


def _filled(player: Player) -> Iterator[Step]:
    rest = Quantity.parse(_today(player).fill) - FIRST_PART
    yield Act("instil", staff("nurse"), b.Instilled(FIRST_PART), 2 * MINUTE)
    yield Act("draw-back", staff("nurse"), b.DrawnBack(returned=True), MINUTE)
    yield Act("instil", staff("nurse"), b.Instilled(rest), 3 * MINUTE)
    yield programmed()
    yield Act("interrogate-after", staff("nurse"), _reported, MINUTE)


def programmed() -> Change:
    """The refill on the pump's record, with the volumes of this visit, signed by two."""
    return replace(change(_today, "refill", refill=True, nurse=True), visit=True)


def _closed(player: Player) -> Iterator[Step]:
    booked = b.NextRefillSet(None, None, morning_of(player, comes_back(player, _today(player))))
    yield Act("set-next-refill", staff("nurse"), booked, MINUTE, "as her order allows")
    yield Act("update-emergency-card", staff("nurse"), _card, MINUTE)
    until = watch_until(under_way(player.person, house(), player.at)) or player.at
    yield Act("observe-refill", staff("nurse"), QUIET, player.until(until) + MINUTE)
    yield Act("record-waste", staff("nurse"), _waste, MINUTE)
    yield Act("witness-waste", staff("second-nurse"), _last(b.DrugWasted), MINUTE)
    yield Act("sign-refill", staff("nurse"), b.RefillSigned("well"), MINUTE)
    yield Act("countersign-refill", staff("second-nurse"), _last(b.RefillSigned), MINUTE)


def _card(player: Player) -> b.EmergencyCardUpdated:
    programme = player.stage.unit(player.serial).state.programme
    return b.EmergencyCardUpdated(programme.digest if programme else "", "the patient")


def _waste(player: Player) -> b.DrugWasted:
    names = (d.name for d in _today(player).drugs)
    opioid = any(house().library.drug(name).is_opioid for name in names)
    return b.DrugWasted(opioid, Quantity.of(player.drawn, "nL").to("mL"), "into the drug bin")


def _last(kind: type[Any]) -> Any:
    def found(player: Player) -> str:
        return next(e.id for e in reversed(player.person.events) if isinstance(e.body, kind))

    return found
