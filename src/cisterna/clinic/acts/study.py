"""Imaging and laboratory: ordered with a due day, reported with what was found (PW-055)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import check_ahead, check_seen, facts, need_words, refuse
from cisterna.clinic.acts.emergency import Report, triaged
from cisterna.clinic.bodies.visit import Result, StudyOrdered, StudyReported
from cisterna.clinic.course import Person, Said
from cisterna.facts.library import known

_ROW = "pathway §1.6 PW-055"


@act("order-study")
def order_study(case: Case, asked: StudyOrdered) -> Iterator[Any]:
    """Order a study with its question and the day by which its result is due."""
    known(asked.kind, facts(case).studies(), "study")
    need_words(asked.question, "the question", _ROW)
    check_ahead(case, asked.due, _ROW)
    yield asked


@dataclass(frozen=True, slots=True)
class Reported:
    """A result with the red flags that it shows, by the names of the triage."""

    result: StudyReported
    flags: tuple[str, ...] = ()


@act("report-study")
def report_study(case: Case, asked: Reported) -> Iterator[Any]:
    """Report the result of an order; a red flag in it is triaged at once."""
    result = asked.result
    found = {o.id: o for o in open_orders(case.person)}.get(result.order)
    if found is None or found.body.kind != result.kind:
        text = f"{result.order[:40]!r} is no open order of that kind."
        refuse("no-order", text, "Order the study, or name its order.", _ROW)
    check_seen(case, result.seen, _ROW)
    need_words(result.says, "what it says", _ROW)
    if result.kind == "endocrine":
        _check_panel(case, result.results)
    yield result
    if asked.flags:
        yield from triaged(case, Report(asked.flags, result.says))


def _check_panel(case: Case, results: tuple[Result, ...]) -> None:
    wanted, given = facts(case).panel(), {r.item for r in results if r.value.strip()}
    blank = [item for item in wanted if item not in given]
    if blank:
        text = f"Not in the panel: {', '.join(blank)}."
        way_out = "Give each, or write that it was not measured."
        refuse("panel-incomplete", text, way_out, facts(case).rule("panel", "endocrine").locator)


def open_orders(person: Person) -> tuple[Said[StudyOrdered], ...]:
    """The orders without a result, oldest first."""
    done = {r.body.order for r in person.every(StudyReported, None)}
    return tuple(o for o in person.every(StudyOrdered, None) if o.id not in done)
