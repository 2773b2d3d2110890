"""What can be chosen in a form: names from the facts, or from what is on the person's record."""

from collections.abc import Callable, Iterable

from cisterna.clinic.acts.access import unreviewed
from cisterna.clinic.bodies.planning import GoalsSet, WaiverProposed, WaiverSigned
from cisterna.clinic.burden import KINDS
from cisterna.clinic.candidacy import items
from cisterna.clinic.course import Person
from cisterna.clinic.messages import threads
from cisterna.clinic.reports import open_reports
from cisterna.clinic.web.words import plain
from cisterna.facts import Cards, Follow, Pathway
from cisterna.order.form import LEVELS

_SHORT = 60
Choice = tuple[str, str]
Choices = Callable[[Person, Pathway], Iterable[Choice]]
CHOICES: dict[str, Choices] = {}


def choices(name: str) -> Callable[[Choices], Choices]:
    """Make a function the choices of this name in `words.toml` (a decorator)."""

    def made(gives: Choices) -> Choices:
        CHOICES[name] = gives
        return gives

    return made


def _plainly(names: Iterable[str]) -> list[Choice]:
    return [(name, plain(name)) for name in names]


def _purpose(person: Person, rules: Pathway) -> str:
    return person.indication(rules).term.purpose if person.place else "pain"


@choices("burden")
def _burden(_: Person, __: Pathway) -> list[Choice]:
    return _plainly(KINDS)


@choices("indication")
def _indications(person: Person, rules: Pathway) -> Iterable[Choice]:
    for name in rules.ids("indication"):
        term = rules.indication(name).term.name
        yield name, term[:1].upper() + term[1:]


@choices("treatment")
def _treatments(person: Person, rules: Pathway) -> Iterable[Choice]:
    return _plainly(rules.treatments())


@choices("criterion")
def _criteria(person: Person, rules: Pathway) -> Iterable[Choice]:
    for name in rules.ids("criterion"):
        found = rules.criterion(name)
        if found.needs:
            yield name, found.name[:1].upper() + found.name[1:]


@choices("evidence")
def _evidence(person: Person, rules: Pathway) -> Iterable[Choice]:
    known = rules.ids("criterion")
    if person.place is None:
        return _plainly(i for name in known for i in rules.criterion(name).needs)
    return _plainly(i for name in known for i in items(person, rules, name))


@choices("finding")
def _findings(person: Person, rules: Pathway) -> Iterable[Choice]:
    for found in rules.screen(_purpose(person, rules)):
        yield found.id, found.name[:1].upper() + found.name[1:]


@choices("breathing")
def _breathing(person: Person, rules: Pathway) -> Iterable[Choice]:
    return _plainly(rules.breathing_asked())


@choices("anticoagulant")
def _anticoagulants(person: Person, rules: Pathway) -> Iterable[Choice]:
    return _plainly(rules.ids("anticoagulant"))


@choices("prognosis")
def _prognoses(person: Person, rules: Pathway) -> Iterable[Choice]:
    for name in rules.ids("prognosis"):
        yield name, f"{name}: {rules.prognosis(name).name}"


@choices("goal")
def _goals(person: Person, rules: Pathway) -> Iterable[Choice]:
    found = person.last(GoalsSet, None)
    return [(goal, goal) for goal in (found.body.goals if found else ())]


@choices("proposal")
def _proposals(person: Person, rules: Pathway) -> Iterable[Choice]:
    signed = {s.body.proposal for s in person.every(WaiverSigned)}
    for found in person.every(WaiverProposed):
        if found.id not in signed:
            body = found.body
            yield found.id, f"{plain(body.what)} {body.item}: {body.reason} ({found.by.who})"


@choices("opening")
def _openings(person: Person, rules: Pathway) -> Iterable[Choice]:
    for found in unreviewed(person):
        yield found.id, f"{found.by.who}, {found.at:%Y-%m-%d %H:%M}"


@choices("trial")
def _trials(person: Person, rules: Pathway) -> Iterable[Choice]:
    for name in rules.ids("trial"):
        found = rules.trial(name)
        if found.purpose == _purpose(person, rules):
            yield name, found.name[:1].upper() + found.name[1:]


@choices("drug")
def _drugs(person: Person, rules: Pathway) -> Iterable[Choice]:
    return [(name, rules.library.drug(name).name) for name in rules.library.drug_ids]


@choices("pump")
def _pumps(person: Person, rules: Pathway) -> Iterable[Choice]:
    pumps = (rules.library.pump(name) for name in rules.library.pump_ids)
    return [(pump.id, pump.name) for pump in pumps if pump.for_patients]


@choices("level")
def _levels(person: Person, rules: Pathway) -> Iterable[Choice]:
    return [(name, name) for name in LEVELS]


@choices("setting")
def _settings(person: Person, rules: Pathway) -> Iterable[Choice]:
    return _plainly(("inpatient", "outpatient"))


@choices("ashworth")
def _ashworth(person: Person, rules: Pathway) -> Iterable[Choice]:
    return [(step, step) for step in rules.scale("modified-ashworth")]


@choices("sex")
def _sexes(person: Person, rules: Pathway) -> Iterable[Choice]:
    return _plainly(("female", "male", "other"))


@choices("zone")
def _zones(person: Person, rules: Pathway) -> Iterable[Choice]:
    from zoneinfo import available_timezones  # noqa: PLC0415  (reads a folder)

    return [(zone, zone) for zone in sorted(available_timezones()) if "/" in zone]


@choices("thread")
def _threads(person: Person, rules: Pathway) -> Iterable[Choice]:
    for one in threads(person):
        text = one.messages[0].body.text
        yield one.id, f"{one.last:%Y-%m-%d %H:%M}: {text if len(text) <= _SHORT else text[:_SHORT]}"


@choices("report")
def _reports(person: Person, rules: Pathway) -> Iterable[Choice]:
    words = Cards(rules.library).findings()
    for said in open_reports(person):
        told = ", ".join(words[name] for name in said.body.findings)
        yield said.id, f"{said.at:%Y-%m-%d %H:%M}, {said.body.level}: {told}"


@choices("right")
def _rights(person: Person, rules: Pathway) -> Iterable[Choice]:
    return _plainly(rules.rights())


@choices("emergency-outcome")
def _emergency_outcomes(person: Person, rules: Pathway) -> Iterable[Choice]:
    known = Follow(rules.library).words("adverse.outcome")
    return _plainly(name for name in known if name != "fatal")


@choices("body-region")
def _regions(person: Person, rules: Pathway) -> Iterable[Choice]:
    for name in rules.regions():
        words = rules.region_name(name)
        yield name, f"{words[:1].upper()}{words[1:]}"


@choices("pain-nature")
def _natures(person: Person, rules: Pathway) -> Iterable[Choice]:
    return _plainly(rules.options("pain_nature"))


@choices("pain-spread")
def _spreads(person: Person, rules: Pathway) -> Iterable[Choice]:
    return _plainly(rules.options("pain_spread"))
