"""An adjustment of the dose in the years after the titration: begun with its reason, looked at."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import need_words
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.titration import AdjustmentBegun, AdjustmentEnded
from cisterna.clinic.reassess import reassessments
from cisterna.clinic.refusal import Refused

_ROW = "pathway §1.7"


@act("begin-adjustment", Place.MAINTENANCE)
def begin_adjustment(case: Case, asked: AdjustmentBegun) -> Iterator[Any]:
    """The dose that was found is no longer right: why; changes then go through the gate."""
    need_words(asked.reason, "why the dose is to be changed", _ROW)
    yield asked
    yield Place.ADJUST


@act("end-adjustment", Place.ADJUST)
def end_adjustment(case: Case, asked: AdjustmentEnded) -> Iterator[Any]:
    """The dose is right again; every look that its last change asks for was had."""
    need_words(asked.says, "how she is with the dose that runs now", _ROW)
    waiting = [look for look in reassessments(case.person, case.rules) if not look.done]
    if waiting:
        text = f"After the last change she is seen by {waiting[0].due:%Y-%m-%d %H:%M}."
        raise Refused("not-reassessed", text, "See her first.", source=waiting[0].source)
    yield asked
    yield Place.MAINTENANCE
