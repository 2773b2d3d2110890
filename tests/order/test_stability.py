"""How long the solution may stay in the pump, by whom."""

from typing import Any

import pytest

from cisterna.facts import Cited
from cisterna.order.stability import Stability, stability
from tests.order.cases import (
    BACLOFEN,
    HYDROMORPHONE,
    LIBRARY,
    MORPHINE,
    ZICONOTIDE,
    Changes,
    Tree,
    drug,
    ordered,
)


def of(base: Tree, changes: Changes | None = None) -> Stability:
    return stability(ordered(base, changes or {}), LIBRARY)


def mixed(*drugs: tuple[str, str]) -> Stability:
    rows = [drug(name, strength) for name, strength in drugs]
    return of(
        MORPHINE,
        {
            "pump.ziconotide_exposed": True,
            "solution.drug": rows,
            "infusion.primary": drugs[0][0],
        },
    )


def days(fact: Cited | None) -> Any:
    return None if fact is None else (fact.least.number("day"), fact.source)


@pytest.mark.parametrize(
    ("base", "changes", "expected"),
    [
        # The published 90 days are shorter than the device's 180.
        (MORPHINE, {}, (90, "uw-refill-page")),
        (HYDROMORPHONE, {}, (120, "hildebrand-2001-hydromorphone")),
        (BACLOFEN, {}, (90, "synchromed-stability-manual")),
        (ZICONOTIDE, {}, (84, "prialt-label-us")),
        (ZICONOTIDE, {"solution.drug.0.concentration": "20 mcg/mL"}, (40, "prialt-label-us")),
        (ZICONOTIDE, {"order.jurisdiction": "EU"}, (60, "prialt-smpc")),
    ],
)
def test_one_drug_lasts_as_long_as_the_shortest_authority_says(base, changes, expected):
    found = of(base, changes)

    assert days(found.lasts) == days(found.bound) == expected
    assert found.first_fill is None


@pytest.mark.parametrize("jurisdiction", ["US", "EU"])
@pytest.mark.parametrize("exposed", [False, None])
def test_the_first_fill_with_ziconotide_lasts_14_days(jurisdiction, exposed):
    here = {"pump.ziconotide_exposed": exposed, "order.jurisdiction": jurisdiction}
    found = of(ZICONOTIDE, here)

    assert found.first_fill is not None
    assert found.first_fill.least.number("day") == 14


def test_a_drug_that_nobody_measured_has_no_date():
    fentanyl = {"solution.drug": [drug("fentanyl", "1 mg/mL")], "infusion.primary": "fentanyl"}

    found = of(MORPHINE, fentanyl)
    assert (found.lasts, found.bound, found.used) == (None, None, ())


MIXTURES = [
    ((("morphine", "20 mg/mL"), ("clonidine", "100 mcg/mL")), (90, "hildebrand-2003")),
    (
        (("morphine", "20 mg/mL"), ("bupivacaine", "10 mg/mL")),
        (60, "bupivacaine-high-concentration-2010"),
    ),
    (
        (("morphine", "20 mg/mL"), ("bupivacaine", "10 mg/mL"), ("clonidine", "100 mcg/mL")),
        (84, "hildebrand-2001-bupivacaine"),  # bupivacaine alone; the mixture was shown for 90
    ),
    (
        (("baclofen", "1000 mcg/mL"), ("clonidine", "100 mcg/mL")),
        (90, "synchromed-stability-manual"),
    ),
    ((("ziconotide", "25 mcg/mL"), ("morphine", "10 mg/mL")), (34, "shields-2008")),
    ((("ziconotide", "25 mcg/mL"), ("morphine", "10.1 mg/mL")), (19, "shields-2008")),
    ((("ziconotide", "25 mcg/mL"), ("morphine", "20 mg/mL")), (19, "shields-2008")),
    ((("ziconotide", "25 mcg/mL"), ("morphine", "35 mg/mL")), (8, "shields-2005")),
    ((("ziconotide", "25 mcg/mL"), ("morphine", "35.1 mg/mL")), None),
    ((("ziconotide", "24 mcg/mL"), ("morphine", "10 mg/mL")), None),
    ((("sufentanil", "100 mcg/mL"), ("clonidine", "100 mcg/mL")), None),
    ((("morphine", "20 mg/mL"), ("fentanyl", "1 mg/mL")), None),
]


@pytest.mark.parametrize(("drugs", "expected"), MIXTURES)
def test_a_mixture_lasts_as_long_as_somebody_measured_and_no_longer_than_a_part(drugs, expected):
    assert days(mixed(*drugs).lasts) == expected


def test_the_order_of_the_drugs_does_not_matter():
    forth = mixed(("morphine", "20 mg/mL"), ("bupivacaine", "10 mg/mL"))
    back = mixed(("bupivacaine", "10 mg/mL"), ("morphine", "20 mg/mL"))

    assert days(forth.lasts) == days(back.lasts)


def test_a_mixture_that_nobody_measured_is_still_bound_by_its_parts():
    found = mixed(("morphine", "5 mg/mL"), ("bupivacaine", "10 mg/mL"))

    assert found.lasts is None
    assert days(found.bound) == (84, "hildebrand-2001-bupivacaine")


def test_a_study_of_two_drugs_says_nothing_of_three():
    found = mixed(
        ("hydromorphone", "10 mg/mL"), ("bupivacaine", "10 mg/mL"), ("clonidine", "1 mg/mL")
    )

    assert found.lasts is None


def test_what_was_recalled_counts_only_where_nothing_was_read():
    found = mixed(("ziconotide", "25 mcg/mL"), ("bupivacaine", "5 mg/mL"))

    assert found.lasts is not None
    assert days(found.lasts) == (22, "ziconotide-pairs")
    assert found.lasts.certainty == "recalled"
