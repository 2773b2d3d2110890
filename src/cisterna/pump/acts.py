"""What each event of a scenario does: to the controller, to the body, or to both.

An act that the pump refuses is written down and changes nothing. A pump without power answers
nobody; what goes wrong with its body goes wrong all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any, ClassVar

from cisterna.facts import cited, table
from cisterna.order.bridge import bridge
from cisterna.order.line import Refused
from cisterna.order.quantise import achieved_volume, stroke
from cisterna.pump import events as e
from cisterna.pump import scenario_events as s
from cisterna.pump.alarms import wrong_now
from cisterna.pump.faults import Fault
from cisterna.pump.mechanics import Fluid
from cisterna.pump.run import Run, mix, whole_nl
from cisterna.pump.setting import EPOCH, ng_per_ml
from cisterna.pump.simulation import Dose, Reading, RefillMade
from cisterna.quantity import HOUR_MS, Quantity

BURST_MS = 60_000  # an open valve empties at once; a minute gives the trace a rate to show
_SILENT = e.Refusal("no-power", "The pump has no power and does not answer.")


@dataclass(frozen=True, slots=True)
class LowBatteryReset:
    """A low battery resets the pump: it comes back in doubt of what it holds, at its floor."""

    what: ClassVar[str] = "low-battery-reset"
    at_ms: int


def act(run: Run, event: "s.Event | LowBatteryReset") -> None:
    """One event of a scenario, at the time that the run has reached."""
    if type(event) in _FAULTS:
        _FAULTS[type(event)](run, event)
        return
    if not run.power(event.at_ms):
        if isinstance(event, (s.RemoteRequest, s.ClinicianBolus)):
            run.asked.append((_WHO[type(event)], _SILENT.code))
        if not isinstance(event, s.RemoteRequest):
            run.refused(event.at_ms, event.what, _SILENT)
        return
    _ACTS[type(event)](run, event)


def _ml(nl: int) -> Quantity:
    return Quantity.of(nl, "nL").to("mL")


def _asked(run: Run, event: e.Event, number: int, who: str, volume_nl: int, lasts: int) -> None:
    """A dose is asked for: what came of it."""
    refused = run.step(event).refused
    run.asked.append((who, refused.code if refused else None))
    if refused:
        if who == "clinician":
            run.refused(event.at_ms, "clinician-bolus", refused)
        return
    asked = _ml(volume_nl)
    run.doses[number] = Dose(run.moment(event.at_ms), who, asked, None, None)
    run.dose_runs.append((event.at_ms, event.at_ms + lasts, volume_nl))


def _remote(run: Run, event: s.RemoteRequest) -> None:
    number = len(run.asked) + 1
    rule = run.state.programme.patient if run.state.programme else None
    volume, lasts = (rule.volume_nl, rule.duration_ms) if rule else (0, 0)
    press = e.DoseAsked(event.at_ms, number, event.at_ms + 1)
    _asked(run, press, number, "patient", volume, lasts)


def _clinician(run: Run, event: s.ClinicianBolus) -> None:
    """The order signs a limit of its own: the programme's and this dose."""
    number, rx = len(run.asked) + 1, run.order
    one = stroke(rx.pump.model, run.library)
    volume = whole_nl(achieved_volume(rx.volume_of(event.dose), one))
    limit = run.state.programme.per_24h_fg if run.state.programme else 0
    limit += volume * ng_per_ml(rx)
    order = e.BolusOrdered(event.at_ms, number, volume, event.duration_ms, limit)
    _asked(run, order, number, "clinician", volume, event.duration_ms)


def _program(run: Run, event: s.Program) -> None:
    try:
        over = bridge(run.order, event.prescription, run.library) if event.bridge else None
    except Refused as refused:
        run.refused(event.at_ms, event.what, refused)
        return
    found = run.programmed(event.at_ms, event.prescription, over)
    if found:
        run.refused(event.at_ms, event.what, found)


def _refill(run: Run, event: s.Refill) -> None:
    rx = event.prescription or run.solution
    volume = event.fill_volume or rx.solution.fill_volume
    fill, expected = whole_nl(volume), run.reckoned()
    measured = whole_nl(event.measured)
    refused = run.step(e.Refilled(event.at_ms, measured, fill, ng_per_ml(rx))).refused
    if refused:
        run.refused(event.at_ms, event.what, refused)
        return
    out = run.pump.refill(Fluid(fill, mix(rx, run.drugs)))
    run.solution = rx
    run.pump.note(run.state)
    found = (_ml(nl) for nl in (expected, measured, out, fill))
    run.refills.append(RefillMade(run.moment(event.at_ms), *found))


def _interrogate(run: Run, event: s.Interrogate) -> None:
    run.step(e.Interrogated(event.at_ms))
    run.pump.mend("interrogate")
    says, really = run.state.flow.reservoir_nl, run.pump.body.reservoir.nl
    row = Reading(
        at=run.moment(event.at_ms),
        version=run.state.version,
        reservoir=_ml(says),
        really=_ml(really),
        alarms=wrong_now(run.state.alarms),
    )
    run.readings.append(row)


def _restart(run: Run, event: s.Restart) -> None:
    """What stood still is freed (a shut valve is reset), and the pump is told to run."""
    run.pump.mend("restart")
    run.to(event.at_ms)
    found = run.step(e.Restarted(event.at_ms)).refused
    if found:
        run.refused(event.at_ms, event.what, found)


def _clock(run: Run, event: s.ClockSet) -> None:
    shown = event.to.replace(tzinfo=None) - EPOCH
    run.step(e.ClockSet(event.at_ms, shown // timedelta(milliseconds=1)))


def _silence(run: Run, event: s.AlarmSilence) -> None:
    found = run.step(e.AlarmSilenced(event.at_ms, event.alarm)).refused
    if found:
        run.refused(event.at_ms, event.what, found)


# What goes wrong --------------------------------------------------------------------------------


def _mri(run: Run, event: s.Mri) -> None:
    """A rotor stands still until it recovers; an open valve discharges until it shuts for good."""
    start, kind = event.at_ms, run.state.device.mri
    if kind == "stall":
        run.fails(Fault("stall", start, start + event.lasts_ms + event.recovery_ms))
    elif kind == "valve" and run.pump.body.reservoir.nl:
        most = discharge_nl(run)
        rate = Fraction(most * HOUR_MS, BURST_MS)
        run.fails(
            Fault("discharge", start, start + BURST_MS, rate),
            Fault("valve-shut", start, ends_with="restart"),
        )


def discharge_nl(run: Run) -> int:
    """The most that passes the flow-activated valve before it shuts."""
    family = run.order.pump.model.family
    row = table(f"pumps/{family}")["scan_discharge"]
    path = f"{family}.scan_discharge"
    return whole_nl(cited(path, run.library.site(path, row)).most)


def _stall(run: Run, event: s.Stall) -> None:
    start = event.at_ms
    if event.lasts_ms is None:
        run.fails(Fault("stall", start, ends_with="restart"))
    else:
        run.fails(Fault("stall", start, start + event.lasts_ms))


def _sensor(run: Run, event: s.SensorStuck) -> None:
    end = None if event.lasts_ms is None else event.at_ms + event.lasts_ms
    run.fails(Fault("sensor", event.at_ms, end))


def _over(run: Run, event: s.OverInfusion) -> None:
    run.fails(Fault("over-infusion", event.at_ms, event.at_ms + event.lasts_ms, event.factor))


def _occlusion(run: Run, event: s.Occlusion) -> None:
    run.fails(Fault("occlusion", event.at_ms, event.at_ms + event.lasts_ms, event.fraction))


def _leak(run: Run, event: s.Leak) -> None:
    run.fails(Fault("leak", event.at_ms, event.at_ms + event.lasts_ms, event.fraction))


def _reset(run: Run, event: LowBatteryReset) -> None:
    if run.power(event.at_ms):
        run.power_lost(event.at_ms, 0)
        run.step(e.Noticed(event.at_ms, "memory"))


_WHO: dict[type, str] = {s.RemoteRequest: "patient", s.ClinicianBolus: "clinician"}
_ACTS: dict[type, Callable[[Run, Any], None]] = {
    s.RemoteRequest: _remote,
    s.ClinicianBolus: _clinician,
    s.Program: _program,
    s.Refill: _refill,
    s.Interrogate: _interrogate,
    s.Restart: _restart,
    s.ClockSet: _clock,
    s.AlarmSilence: _silence,
}
_FAULTS: dict[type, Callable[[Run, Any], None]] = {
    s.Mri: _mri,
    s.Stall: _stall,
    s.SensorStuck: _sensor,
    s.OverInfusion: _over,
    s.Occlusion: _occlusion,
    s.Leak: _leak,
    LowBatteryReset: _reset,
    s.PowerLoss: lambda run, event: run.power_lost(event.at_ms, event.lasts_ms),
}
