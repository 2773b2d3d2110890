"""Published equivalence between routes: always an interval, never one figure, never a dose."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.facts import UnknownFact
from cisterna.order.convert import ROUTES, Conversion, convert
from cisterna.order.line import Refused
from cisterna.quantity import Quantity
from tests.order.cases import LIBRARY, q


def of(dose: str, start: str, end: str, drug: str = "morphine") -> Conversion:
    return convert(LIBRARY, drug, q(dose), start, end)


@pytest.mark.parametrize(
    ("dose", "start", "end", "low", "high"),
    [
        # Published from 10 : 1 to 300 : 1.
        ("300 mg/day", "oral", "intrathecal", "1 mg/day", "30 mg/day"),
        ("1 mg/day", "intrathecal", "oral", "10 mg/day", "300 mg/day"),
        ("100 mg", "intravenous", "intrathecal", "1 mg", "1 mg"),
        ("10 mg", "epidural", "intrathecal", "1 mg", "1 mg"),
        ("30 mg", "oral", "epidural", "1 mg", "1 mg"),
        ("3 mg", "oral", "intravenous", "1 mg", "1 mg"),
    ],
)
def test_the_whole_published_interval_is_given(dose, start, end, low, high):
    found = of(dose, start, end)

    assert (found.low, found.high) == (q(low), q(high))
    assert found.low.unit == q(dose).unit


def test_every_row_behind_the_interval_is_named():
    sources = {f.source for f in of("300 mg/day", "oral", "intrathecal").sources}

    assert sources == {
        "krames-tradition",
        "mascc-2025",
        "jpn-series-2023",
        "case-2004",
        "french-it-digest",
    }


def test_the_interval_comes_with_its_caution():
    assert "no starting dose" in of("300 mg", "oral", "intrathecal").caution


@pytest.mark.parametrize(
    "drug",
    ["ziconotide", "baclofen", "bupivacaine", "ropivacaine", "clonidine", "fentanyl", "sufentanil"],
)
def test_a_drug_without_an_equivalent_is_refused(drug):
    with pytest.raises(Refused) as refused:
        of("1 mg", "oral", "intrathecal", drug)
    assert refused.value.code == "no-equivalent"
    assert refused.value.way_out


@pytest.mark.parametrize(
    ("drug", "start", "end"),
    [("hydromorphone", "oral", "intrathecal"), ("morphine", "oral", "oral")],
)
def test_a_ratio_that_nobody_published_is_refused(drug, start, end):
    with pytest.raises(Refused) as refused:
        of("1 mg", start, end, drug)
    assert refused.value.code == "no-published-ratio"


def test_an_unknown_drug_is_unknown():
    with pytest.raises(UnknownFact, match="morphine"):
        of("1 mg", "oral", "intrathecal", "morfine")


@given(st.sampled_from(list(permutations(ROUTES, 2))), st.integers(1, 10**6))
def test_there_and_back_holds_the_dose_one_began_with(routes, micrograms):
    start, end = routes
    dose = Quantity.of(micrograms, "mcg")
    there = convert(LIBRARY, "morphine", dose, start, end)

    assert there.low <= there.high
    assert there.sources
    low = convert(LIBRARY, "morphine", there.low, end, start)
    assert low.low <= dose <= low.high


@given(st.integers(1, 10**6))
def test_twice_the_dose_is_twice_the_interval(micrograms):
    once = convert(LIBRARY, "morphine", Quantity.of(micrograms, "mcg"), "oral", "intrathecal")
    twice = convert(LIBRARY, "morphine", Quantity.of(2 * micrograms, "mcg"), "oral", "intrathecal")

    assert (twice.low, twice.high) == (once.low * 2, once.high * 2)
