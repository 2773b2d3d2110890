"""Adverse events, graded, each cause answered, with the dose at onset (pathway §6.3)."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import check_doses, check_seen, facts, need_words, refuse
from cisterna.clinic.bodies.visit import AdverseEventRecorded
from cisterna.facts import Follow
from cisterna.facts.library import known

_ROW = "pathway §6.3"


@act("record-adverse-event")
def record_adverse_event(case: Case, asked: AdverseEventRecorded) -> Iterator[Any]:
    """Record one adverse event; the caller gives the doses that ran at its onset."""
    rules = facts(case)
    check_seen(case, asked.onset, _ROW)
    check_doses(case, asked.now, "pathway §1.4 PW-031")
    _check_words(rules, asked)
    _check_causes(rules, asked)
    _check_grade(rules, asked)
    if asked.procedure and asked.procedure not in {e.id for e in case.person.events}:
        text = f"{asked.procedure[:40]!r} is no event of hers."
        refuse("no-procedure", text, "Name the event of the procedure.", "pathway §1.4 PW-030")
    yield asked


def _check_words(rules: Follow, asked: AdverseEventRecorded) -> None:
    for name in ("term", "outcome", "action"):
        known(getattr(asked, name), rules.words(f"adverse.{name}"), name)
    if asked.term == "other":
        need_words(asked.says, "what it was", _ROW)


def _check_causes(rules: Follow, asked: AdverseEventRecorded) -> None:
    causes = rules.words("adverse.cause")
    if sorted(r.cause for r in asked.related) != sorted(causes):
        text = f"Each of {', '.join(causes)} is answered once."
        refuse("unanswered", text, "Answer each.", _ROW)
    for one in asked.related:
        known(one.relation, rules.words("adverse.relation"), "relation")


def _check_grade(rules: Follow, asked: AdverseEventRecorded) -> None:
    last = len(rules.grades()) - 1
    if not 1 <= asked.grade <= last:
        refuse("not-on-scale", f"The grade is 1 to {last}.", "Grade it.", _ROW)
    if asked.grade >= last - 1 and not asked.serious:
        text = f"Grade {asked.grade} is {rules.grades()[asked.grade]}: that is serious."
        refuse("grade-against-seriousness", text, "Correct one of the two.", _ROW)
    if (asked.grade == last) != (asked.outcome == "fatal"):
        text = "Death and a fatal outcome go together."
        refuse("grade-against-outcome", text, "Correct one of the two.", _ROW)
