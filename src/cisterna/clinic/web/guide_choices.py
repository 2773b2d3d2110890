"""What can be chosen in the guided procedures: the words that their acts know."""

from collections.abc import Callable, Iterable

from cisterna.clinic.course import Person
from cisterna.clinic.devices import devices
from cisterna.clinic.scan import rule_for, scan_of
from cisterna.clinic.web.choices import Choice, Choices, choices
from cisterna.clinic.web.words import title
from cisterna.facts import Follow, Pathway
from cisterna.facts.refill import RefillRules
from cisterna.order.form import LEVELS


def _of_refill(kind: str) -> Choices:
    def made(person: Person, rules: Pathway) -> Iterable[Choice]:
        return [(w, title("word", w)) for w in RefillRules(rules.library).words(kind)]

    return made


for _kind in ("skin", "sedation", "relief", "signs", "port", "felt"):
    choices(f"refill-{_kind}")(_of_refill(_kind))


def _words(gives: Callable[[Person, Pathway], Iterable[str]]) -> Choices:
    def made(person: Person, rules: Pathway) -> Iterable[Choice]:
        return [(w, title("word", w)) for w in gives(person, rules)]

    return made


choices("side")(_words(lambda person, rules: rules.sides()))
choices("asa")(_words(lambda person, rules: rules.scale("asa-class")))
choices("device-kind")(_words(lambda person, rules: ("pump", "catheter")))
choices("spine-level")(lambda person, rules: [(level, level) for level in LEVELS])
choices("field")(_words(lambda person, rules: _fields(rules)))


def _fields(rules: Pathway) -> Iterable[str]:
    facts = Follow(rules.library)
    found = (f for family in facts.scan_families() for f in facts.scan(family).fields)
    return dict.fromkeys(found)


@choices("catheter-model")
def _catheters(person: Person, rules: Pathway) -> Iterable[Choice]:
    return [(m, rules.library.catheter(m).name) for m in rules.library.catheter_ids]


@choices("device-model")
def _devices(person: Person, rules: Pathway) -> Iterable[Choice]:
    pumps = (rules.library.pump(name) for name in rules.library.pump_ids)
    found = [(p.id, p.name) for p in pumps if p.for_patients and p.implanted]
    return [*found, *_catheters(person, rules)]


@choices("piece")
def _pieces(person: Person, rules: Pathway) -> Iterable[Choice]:
    return [(s.id, f"{s.model}, lot {s.lot}") for s in devices(person).segments]


@choices("scan-prepare")
def _prepare(person: Person, rules: Pathway) -> Iterable[Choice]:
    return _listed(person, rules, "prepare")


@choices("scan-after")
def _after(person: Person, rules: Pathway) -> Iterable[Choice]:
    return _listed(person, rules, "after")


def _listed(person: Person, rules: Pathway, which: str) -> list[Choice]:
    """The list of her model once the scan is cleared for one; else of every model."""
    facts, scan = Follow(rules.library), scan_of(person)
    own = rule_for(scan, rules.library) if scan else None
    models = (own,) if own else tuple(facts.scan(family) for family in facts.scan_families())
    lists = (getattr(model, which) for model in models)
    items = dict.fromkeys(item for items in lists for item in items)
    return [(item, facts.scan_word(item)) for item in items]


@choices("fault")
def _faults(person: Person, rules: Pathway) -> Iterable[Choice]:
    from cisterna.clinic.bodies.trouble import Fault  # noqa: PLC0415

    return [(f.value, title("fault", f.value)) for f in Fault]
