"""What the therapy has done for her: goals, outcomes beside their baseline, systemic opioids."""

from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.bodies.planning import GoalsSet
from cisterna.clinic.bodies.titration import Stabilised
from cisterna.clinic.course import Person
from cisterna.clinic.outcomes import Outcomes, Trend, outcomes
from cisterna.clinic.web.person.now import Now
from cisterna.facts import Library, UnknownFact
from cisterna.order.convert import Conversion, convert
from cisterna.order.line import Refused
from cisterna.quantity import show

_MARKS = {"baseline": "Baseline"}


@dataclass(frozen=True, slots=True)
class Row:
    """One score: its baseline, the latest, the change, and the line that it has reached."""

    name: str
    baseline: str
    latest: str
    seen: datetime | None
    change: str
    reached: str


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal of hers and how far it is reached, in her words or on the attainment scale."""

    words: str
    reached: str


@dataclass(frozen=True, slots=True)
class Opioid:
    """The systemic opioid at a mark of the therapy."""

    mark: str
    daily: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Equivalent:
    """The published range of an oral equivalent of one drug, or why there is none."""

    drug: str
    dose: str
    found: Conversion | None
    refused: str


@dataclass(frozen=True, slots=True)
class Results:
    """Everything about what the therapy has done."""

    scores: tuple[Row, ...]
    opioids: tuple[Opioid, ...]
    goals: tuple[Goal, ...]
    preferences: str
    found: Outcomes

    @property
    def months(self) -> str:
        """How long the therapy has lasted."""
        lasted = self.found.in_therapy
        return "" if lasted is None else f"{int(lasted.number('day'))} days"


def results_of(person: Person, library: Library, at: datetime) -> Results:
    """The outcomes as of `at`; what was not measured is said to be missing."""
    found = outcomes(person, library, at)
    rows = [_row(f"Pain, {item}", trend) for item, trend in found.pain.items()]
    rows.append(_row("PEG (pain and function)", found.peg))
    marks = tuple(
        Opioid(_MARKS.get(m.mark, m.mark), show(m.daily) if m.daily else _none(m.daily), m.since)
        for m in found.opioids
    )
    said = person.last(GoalsSet, None)
    preferences = said.body.preferences if said else ""
    return Results(tuple(rows), marks, _goals(person, found), preferences, found)


def _none(daily: object) -> str:
    return "not recorded" if daily is None else "none"


def _row(name: str, trend: Trend) -> Row:
    low, high = trend.low, trend.high
    baseline = "not measured"
    if low is not None and high is not None:
        baseline = show(low) if low == high else f"{show(low)} to {show(high)}"
    if not trend.points:
        return Row(name, baseline, "not measured", None, "", "")
    last = trend.points[-1]
    change = ""
    if last.better is not None:
        side = "better" if last.better.base >= 0 else "worse"
        change = "same" if not last.better else f"{show(abs(last.better), 3)} {side}"
    return Row(name, baseline, show(last.value, 3), last.at, change, last.responder)


def _goals(person: Person, found: Outcomes) -> tuple[Goal, ...]:
    """Each goal with what was last said of it: at a visit, or when the dose was found."""
    stable = person.last(Stabilised)
    said = {g.goal: g.reached for g in stable.body.goals} if stable else {}
    return tuple(
        Goal(goal, step if step is not None else said.get(goal, "not looked at yet"))
        for goal, step in found.goals.items()
    )


def equivalents(now: Now, library: Library) -> tuple[Equivalent, ...]:
    """For each drug that runs the published oral range, an interval and never one figure."""
    if now.rx is None:
        return ()
    found = []
    for component, drug in zip(now.rx.solution.components, now.drugs, strict=True):
        try:
            range_ = convert(library, component.drug.id, drug.daily, "intrathecal", "oral")
            found.append(Equivalent(drug.name, show(drug.daily), range_, ""))
        except (Refused, UnknownFact) as why:
            found.append(Equivalent(drug.name, show(drug.daily), None, str(why)))
    return tuple(found)
