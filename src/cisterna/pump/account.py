"""The account of a run that is over: what went where, what was refused, what alarmed."""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from cisterna.pump.alarms import kinds
from cisterna.pump.log import Entry
from cisterna.pump.mechanics import Body
from cisterna.pump.run import Run
from cisterna.pump.series import extremes, series
from cisterna.pump.simulation import (
    AlarmSpan,
    Asked,
    Bin,
    Boluses,
    Masses,
    Simulation,
    Steadiness,
    Volumes,
)
from cisterna.pump.steadiness import steadiness
from cisterna.quantity import Quantity

_FG_PER_MG = 10**12


def account(run: Run) -> Simulation:
    """All of it, in the words of the JSON object."""
    scenario, body, rx = run.scenario, run.pump.body, run.programs[0].rx
    names, bins = run.drugs, series(run)
    return Simulation(
        scenario=scenario.file.rpartition("/")[2],
        pump=rx.pump.model.id,
        start=scenario.start,
        end=run.moment(scenario.length_ms),
        length=Quantity.of(scenario.length_ms, "ms").to("day"),
        seed=scenario.seed,
        accuracy=scenario.accuracy,
        ordered={n: _ordered(run, n, bins) for n in names},
        delivered={n: _mass(run, n, body.delivered.fg[i]) for i, n in enumerate(names)},
        extremes={n: extremes(bins, n, run.moment) for n in names},
        pumped={n: _mass(run, n, body.pumped.fg[i]) for i, n in enumerate(names)},
        volumes=_volumes(body),
        pump_says=_ml(run.reckoned()),
        dry_at=next((run.moment(at) for at, nl, _ in run.pump.levels if nl == 0), None),
        masses={n: _masses(run, n, i) for i, n in enumerate(names)},
        boluses=_boluses(run.asked),
        alarms=tuple(_alarms(run)),
        events=len(scenario.events),
        refusals=tuple(run.refusals),
        doses=tuple(run.doses.values()),
        programs=tuple(run.programs),
        refills=tuple(run.refills),
        readings=tuple(run.readings),
        flow_accuracy=_steadiness(run),
        log_entries=run.entries,
        log_lost=run.log.lost,
        assumptions=tuple(run.assumptions),
        source=scenario,
        log=run.log,
        trace=run.pump.trace(scenario.start, rx.catheter.tip if rx.catheter else None, names),
        series=bins,
        levels=tuple(run.pump.levels),
    )


def _ml(nl: int) -> Quantity:
    return Quantity.of(nl, "nL").to("mL")


def _mass(run: Run, drug: str, fg: Fraction) -> Quantity:
    """A mass in the unit that this drug is ordered in."""
    unit = run.library.drug(drug).unit
    return Quantity.of(fg / _FG_PER_MG, "mg").to(unit)


def _volumes(body: Body) -> Volumes:
    totals = (body.filled.nl, body.delivered.nl, body.withdrawn.nl, body.reservoir.nl)
    return Volumes(*(_ml(nl) for nl in (*totals, body.leaked.nl)))


def _ordered(run: Run, drug: str, bins: Iterable[Bin]) -> Quantity:
    parts = (b.ordered[drug] * Quantity.of(b.end_ms - b.start_ms, "ms") for b in bins)
    return sum(parts, Quantity.of(0, "mg")).to(run.library.drug(drug).unit)


def _masses(run: Run, drug: str, index: int) -> Masses:
    b = run.pump.body
    totals = (b.at_start, b.filled, b.delivered, b.withdrawn, b.leaked, b.left)
    return Masses(*(_mass(run, drug, total.fg[index]) for total in totals))


def _boluses(rows: Iterable[tuple[str, str | None]]) -> Boluses:
    found = list(rows)
    each = [_asked(code for by, code in found if by == who) for who in ("patient", "clinician")]
    total = _asked(code for _, code in found)
    return Boluses(total.granted, total.refused, *each)


def _asked(codes: Iterable[str | None]) -> Asked:
    counts = Counter(codes)
    granted = counts.pop(None, 0)
    return Asked(granted, {str(code): n for code, n in sorted(counts.items(), key=str)})


def _alarms(run: Run) -> Iterable[AlarmSpan]:
    """Each alarm from the entry that began it to the one that ended it."""
    entries = run.alarms
    for n, begun in enumerate(entries):
        if begun.what == "alarm":
            yield _span(run, begun, _over(entries[n + 1 :], begun.why))


def _over(later: Iterable[Entry], code: str) -> Entry | None:
    return next((x for x in later if x.why == code and x.what == "alarm-over"), None)


def _span(run: Run, begun: Entry, over: Entry | None) -> AlarmSpan:
    kind = kinds()[begun.why]
    end = None if over is None else run.moment(over.at_ms)
    begins = run.moment(begun.at_ms)
    return AlarmSpan(kind.code, kind.priority, kind.alarm_class, begins, end, kind.cause)


def _steadiness(run: Run) -> Steadiness | None:
    """From the start to the first event; the programme is then still the first one."""
    events = run.scenario.events
    until = min(run.scenario.length_ms, events[0].at_ms if events else run.scenario.length_ms)
    return steadiness(run.first, run.pump.strokes, until) if run.first else None
