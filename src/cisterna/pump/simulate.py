"""A scenario in a virtual pump: the controller decides, the body does what it can.

    done = simulate(read_scenario("mri-stall.toml", library), library)
    done.delivered["morphine"], done.alarms, done.trace

Deterministic: the same scenario gives the same result to the byte; all chance follows from its
seed. What a pump refuses in the middle of a run stands in the result, and the run goes on; an
order that cannot even begin is refused (`Refused`).
"""

from fractions import Fraction

from cisterna.facts import Library
from cisterna.order.bridge import Bridge
from cisterna.order.line import Refused, line_volume
from cisterna.order.plan import bridge_of
from cisterna.order.prescription import Prescription
from cisterna.pump import events as e
from cisterna.pump.account import account
from cisterna.pump.acts import LowBatteryReset, act
from cisterna.pump.controller import new_pump
from cisterna.pump.faults import Faults
from cisterna.pump.mechanics import Accuracy, Body, Fluid, filled_body
from cisterna.pump.programme import Slug
from cisterna.pump.run import ASSUMPTIONS, Progress, Run, mix, whole_nl
from cisterna.pump.scenario import Scenario
from cisterna.pump.scenario_events import Program, Refill
from cisterna.pump.setting import device, ng_per_ml, wall_ms
from cisterna.pump.simulation import Simulation
from cisterna.pump.steadiness import LONGEST_MS
from cisterna.pump.virtual import VirtualPump
from cisterna.quantity import Quantity

_NO_LINE = "The volume of the line is not known, so what is pumped leaves the tip at once."
_NEW_PUMP = "The undrained residual of a pump whose line holds CSF is taken as the same solution."
_MECHANICS = {
    "stroke": "stroke volume",
    "rate_step": "rate step",
    "flow_max": "fastest flow",
    "reservoir": "reservoir",
    "service_life": "service life",
    "eri_to_end": "time from the replacement indicator to the end",
    "stop_limit": "how long a stop lasts until it alarms",
}
_NO_RESIDUAL = "The undrained residual of this pump is not known: none is modelled."


def simulate(
    scenario: Scenario,
    library: Library,
    progress: Progress | None = None,
    faults: Faults = (),
    accuracy: Accuracy | None = None,
) -> Simulation:
    """Run a scenario.

    `faults` (in ms of the run) and `accuracy` are for what a scenario file has no word for.
    Raises `Refused` where its first order cannot run in this pump at all.
    """
    run = began(scenario, library, progress, accuracy)
    run.fails(*(f for f in faults if f.kind != "reset"))
    resets = [LowBatteryReset(f.start_ms) for f in faults if f.kind == "reset"]
    for event in sorted([*scenario.events, *resets], key=lambda event: event.at_ms):
        if run.power(event.at_ms):
            run.to(event.at_ms)
        act(run, event)
    end = scenario.length_ms
    if run.dark:
        run.dark = (run.dark[0], min(run.dark[1], end))
        run.power(end)
    run.to(end)
    run.step(e.TimePasses(end))
    return account(run)


def began(
    scenario: Scenario,
    library: Library,
    progress: Progress | None = None,
    accuracy: Accuracy | None = None,
) -> Run:
    """The run at its start: filled, and programmed with the order that the scenario names.

    Raises `Refused` where this cannot be.
    """
    rx = scenario.prescription
    bridge = bridge_of(rx, library)
    made = device(rx, library, scenario.start)
    fill = whole_nl(rx.solution.fill_volume)
    if fill > made.capacity_nl:
        words = f"The reservoir takes {made.capacity_nl} nL, and the fill is {fill} nL."
        raise Refused("overfill", words, "Order a fill that the reservoir holds.")
    drugs = _drugs(scenario)
    line, assumed = _line(rx, bridge, drugs)
    body = _body(scenario, fill, line, drugs, accuracy)
    slugs = tuple(Slug(slug.nl, _ceiling(slug.mix[0])) for slug in line)
    state = new_pump(made, 0, wall_ms(scenario.start, rx), fill, ng_per_ml(rx), slugs)
    pump = VirtualPump(body, strokes_until_ms=LONGEST_MS)
    pump.note(state)
    run = Run(scenario, library, drugs, state, pump, rx, rx, progress)
    run.assumptions = [*ASSUMPTIONS, *assumed, *_missing(rx)]
    found = run.programmed(0, rx, bridge)
    if found:
        raise Refused(found.code, found.message, "Mend the order; the pump will not run it.")
    return run


def _drugs(scenario: Scenario) -> tuple[str, ...]:
    """Every drug that is ever in this pump or its line, the first order's primary one first."""
    first = scenario.prescription
    named = (x.prescription for x in scenario.events if isinstance(x, (Program, Refill)))
    orders = [first, first.previous, *named]
    names = dict.fromkeys(c.drug.id for rx in orders if rx for c in rx.solution.components)
    return tuple(sorted(names, key=lambda name: name != first.infusion.primary))


def _line(
    rx: Prescription, bridge: Bridge | None, drugs: tuple[str, ...]
) -> tuple[tuple[Fluid, ...], list[str]]:
    """What the line holds at the start, and what had to be assumed. Raises `Refused`."""
    if rx.previous is not None and bridge is not None and bridge.needed:
        return (Fluid(whole_nl(bridge.volume), mix(rx.previous, drugs)),), []
    if rx.holds == "csf":
        volume = line_volume(rx, "prime").most
        return (Fluid(whole_nl(volume), tuple(Fraction(0) for _ in drugs)),), [_NEW_PUMP]
    try:
        volume = line_volume(rx, "bridge").most
    except Refused:
        return (), [_NO_LINE]
    return (Fluid(whole_nl(volume), mix(rx, drugs)),), []


def _body(
    scenario: Scenario,
    fill: int,
    line: tuple[Fluid, ...],
    drugs: tuple[str, ...],
    accuracy: Accuracy | None,
) -> Body:
    rx = scenario.prescription
    below = mix(rx.previous or rx, drugs)
    residual = Fluid(whole_nl(_residual(rx)), below)
    error = accuracy or Accuracy(scenario.accuracy)
    return filled_body(0, Fluid(fill, mix(rx, drugs)), residual, line, error)


def _residual(rx: Prescription) -> Quantity:
    fact = rx.pump.model.residual
    return Quantity.of(0, "mL") if fact is None else fact.most


def _missing(rx: Prescription) -> list[str]:
    """What is not known of this pump model, and was borrowed from the reference pump."""
    model = rx.pump.model
    borrowed = ", ".join(words for key, words in _MECHANICS.items() if getattr(model, key) is None)
    said = [f"Assumed, from the reference pump, which is ours: {borrowed}."] if borrowed else []
    return [*said, _NO_RESIDUAL] if model.residual is None else said


def _ceiling(value: Fraction) -> int:
    return value.__ceil__()
