"""The options as a page shows them: pictures of 100 people, what is on her record, her order."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cisterna.clinic.bodies.hers import OptionsRanked
from cisterna.clinic.bodies.planning import Referred, TreatmentRecorded
from cisterna.clinic.course import Person
from cisterna.facts import Cited, Pathway
from cisterna.facts.options import OUT_OF, Figure, Finding, Option, Options
from cisterna.patient.web.words import say
from cisterna.quantity import decimal_text

_ROW = 10
"""How many marks stand in one row of a picture; each has a cell of 10 by 10."""
SIDES = ("good", "bad")
_EFFECT = {"good": "benefit", "bad": "harm"}
HIGH = 3
"""From this weight on something counts much for her: where the options stand on it is shown."""
PARTS = ("what", "asks", "good", "bad", "undo", "upkeep", "fit")
"""What is told of every option alike, in words of its own."""


@dataclass(frozen=True, slots=True)
class Picture:
    """So many of 100 people; `full` and `small` are the paths of the marks."""

    n: int
    rest: int
    full: str
    small: str


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: its picture, that of the others if there are any, and where it comes from."""

    figure: Figure
    own: Picture
    others: Picture | None
    span: str
    source: str


@dataclass(frozen=True, slots=True)
class Side:
    """The good or the bad side of an option: figures, and what was found in words."""

    name: str
    rows: tuple[Row, ...]
    said: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One option with everything that is told of it; `had` is what her record says of it."""

    option: Option
    sides: tuple[Side, ...]
    mixed: tuple[Finding, ...]
    had: tuple[TreatmentRecorded, ...]
    stands: tuple[str, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every figure of both sides."""
        return tuple(row for side in self.sides for row in side.rows)


def picture(n: int) -> Picture:
    """A picture of `n` of 100: filled squares and small dots, so that no colour is needed."""
    cells = [(10 * (i % _ROW) + 5, 10 * (i // _ROW) + 5) for i in range(OUT_OF)]
    full = "".join(f"M{x - 4} {y - 4}h8v8h-8z" for x, y in cells[:n])
    small = "".join(f"M{x - 1} {y - 1}h2v2h-2z" for x, y in cells[n:])
    return Picture(n, OUT_OF - n, full, small)


def cards(facts: Options, rules: Pathway, person: Person | None = None) -> tuple[Card, ...]:
    """Every option, none hidden; for somebody on record set up for her condition (PW-011)."""
    group = group_of(person, rules)
    return tuple(_card(one, facts, rules, person) for one in facts.options(group))


def group_of(person: Person | None, rules: Pathway) -> str:
    """The group of her indication; empty for nobody, and before she was referred."""
    if person is None or person.last(Referred, None) is None:
        return ""
    return person.indication(rules).group


def structural(facts: Options) -> tuple[str, ...]:
    """What may matter and is so by the nature of an option, in the order of the facts."""
    known = {name for one in facts.options() for name in one.stands}
    return tuple(name for name in facts.values() if name in known)


def numbers(facts: Options, rules: Pathway) -> Mapping[str, str]:
    """The numbers that the words about a pump ask for, each from the facts."""
    stay = rules.figure("stay")
    found = {f.name: f for f in facts.option("pump").figures}
    ended = found["ended-one-unit"]
    died = ("died-three-days", "died-month", "died-year")
    return {
        "stay_low": _whole(stay.least.number("day")),
        "stay_high": _whole(stay.most.number("day")),
        "battery": decimal_text(facts.figure("state.battery").value.number("year")),
        "dive": _whole(facts.figure("state.dive_depth").value.number("m")),
        "ahead": _whole(facts.figure("state.replace_ahead").value.number("month")),
        "gave_up": _whole(ended.share.value.number("1") * ended.people),
        "gave_up_of": str(ended.people),
        **{k.replace("-", "_"): _of_1000(found[k].share) for k in died},
    }


def her_order(person: Person, facts: Options) -> dict[str, Any]:
    """Her last order: whether it is of this version, when, and where each option stands on it."""
    said = person.last(OptionsRanked, None)
    if said is None:
        return {}
    high = [w.value for w in said.body.weights if w.weight >= HIGH]
    same = said.body.version == facts.version
    rows = [(name, stands(facts, name, high)) for name in said.body.order] if same else []
    return {"said": said, "same": same, "high": high, "rows": rows}


def stands(facts: Options, option: str, values: Iterable[str]) -> tuple[str, ...]:
    """Where an option stands on these; `see` where only its figures can say."""
    row = facts.option(option).stands
    return tuple(row.get(value, "see") for value in values)


def _card(one: Option, facts: Options, rules: Pathway, person: Person | None) -> Card:
    of = {side: tuple(_rows(one, side, rules)) for side in SIDES}
    said = {side: _found(one, _EFFECT[side]) for side in SIDES}
    sides = tuple(Side(side, of[side], said[side]) for side in SIDES)
    had = tuple(_had(one, person)) if person else ()
    return Card(one, sides, _found(one, "mixed"), had, stands(facts, one.id, structural(facts)))


def _rows(one: Option, side: str, rules: Pathway) -> Iterator[Row]:
    for figure in one.figures:
        if figure.effect == _EFFECT[side]:
            others = figure.others_of_100
            second = None if others is None else picture(others)
            title = rules.library.sources[figure.share.source]["title"]
            yield Row(figure, picture(figure.of_100), second, span_words(figure.span), title)


def span_words(span: str) -> str:
    """A time as she reads it: `26 weeks`, or a word such as `days`."""
    number, _, unit = span.partition(" ")
    key = f"{unit}-{number}" if number.isdigit() else span.replace(" ", "-")
    if number == "1":
        key = f"{unit}s-1"
    return say(f"options.span.{key}")


def _found(one: Option, effect: str) -> tuple[Finding, ...]:
    return tuple(f for f in one.findings if f.effect == effect)


def _had(one: Option, person: Person) -> Iterator[TreatmentRecorded]:
    for said in person.every(TreatmentRecorded, None):
        if said.body.treatment in one.treatments:
            yield said.body


def _whole(value: Fraction) -> str:
    return str(int(value + Fraction(1, 2)))


def _of_1000(share: Cited) -> str:
    return _whole(1000 * share.value.number("1"))
