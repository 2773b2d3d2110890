"""Somebody speaks with her before a refill falls due."""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import need_words
from cisterna.clinic.acts.monitor import WITH_PUMP
from cisterna.clinic.bodies.refill import RefillReminded


@act("remind-refill", *WITH_PUMP)
def remind_refill(case: Case, asked: RefillReminded) -> Iterator[Any]:
    """Record what came of a reminder; until the next step before the refill nothing is left."""
    need_words(asked.says, "what she said", "pathway §5.7, escalation")
    yield asked
