"""From stock to solution: how much of each stock, how much diluent, what is discarded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.order.compound import Compound, compound
from cisterna.order.line import Refused
from cisterna.quantity import Quantity
from tests.order.cases import MIXTURE, MORPHINE, Changes, Tree, ordered, q


def recipe(base: Tree = MORPHINE, changes: Changes | None = None, **stocks: str) -> Compound:
    strengths = {name: q(text) for name, text in stocks.items()}
    return compound(ordered(base, changes or {}), strengths)


def test_the_stock_is_thinned_to_the_ordered_strength():
    # 20 mL of 20 mg/mL are 400 mg: 16 mL of 25 mg/mL and 4 mL of diluent; 20 − 16 are discarded.
    found = recipe(morphine="25 mg/mL")

    (row,) = found.rows
    assert (row.take, row.mass) == (q("16 mL"), q("400 mg"))
    assert (found.diluent, found.total) == (q("4 mL"), q("20 mL"))
    assert (row.container, row.containers, row.discard) == (q("20 mL"), 1, q("4 mL"))


def test_a_second_container_is_opened_when_one_does_not_suffice():
    # 40 mL of 20 mg/mL: 32 mL of 25 mg/mL from two ampoules of 20 mL.
    big = {"pump.model": "synchromed-ii-40", "solution.fill_volume": "40 mL"}

    (row,) = recipe(MORPHINE, big, morphine="25 mg/mL").rows
    assert (row.take, row.containers, row.discard) == (q("32 mL"), 2, q("8 mL"))


def test_a_mixture_is_made_from_one_stock_for_each_drug():
    # 20 mL: 400 mg of 40 mg/mL and 200 mg of 30 mg/mL make 10 + 6.667 mL.
    found = recipe(MIXTURE, morphine="40 mg/mL", bupivacaine="30 mg/mL")

    assert [(r.drug, r.take.number("mL")) for r in found.rows] == [
        ("morphine", 10),
        ("bupivacaine", q("200 mL").base / 30),
    ]
    assert found.diluent.number("mL") == 10 - q("200 mL").base / 30


def test_stock_of_the_ordered_strength_needs_no_diluent():
    found = recipe(morphine="20 mg/mL")

    assert (found.rows[0].take, found.diluent) == (q("20 mL"), q("0 mL"))


def test_a_stock_of_no_product_has_no_container():
    (row,) = recipe(morphine="40 mg/mL").rows

    assert (row.container, row.containers, row.discard) == (None, None, None)


def test_a_mass_is_shown_in_the_unit_of_its_drug():
    clonidine = {"name": "clonidine", "concentration": "100 mcg/mL", "preservative_free": True}
    mixed = {"solution.drug.1": clonidine}

    rows = recipe(MIXTURE, mixed, morphine="25 mg/mL", clonidine="500 mcg/mL").rows
    assert rows[1].mass == q("2000 mcg")
    assert rows[1].mass.unit.name == "mcg"


@pytest.mark.parametrize(
    ("base", "stocks", "code"),
    [
        (MIXTURE, {"morphine": "25 mg/mL"}, "stock-missing"),
        (MORPHINE, {}, "stock-missing"),
        (MORPHINE, {"morphine": "25 mg/mL", "baclofen": "2 mg/mL"}, "stock-not-in-solution"),
        (MORPHINE, {"morphine": "19.9 mg/mL"}, "stock-too-weak"),
        (MIXTURE, {"morphine": "25 mg/mL", "bupivacaine": "49 mg/mL"}, "stock-too-weak"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused_with_the_way_out(base, stocks, code):
    with pytest.raises(Refused) as refused:
        recipe(base, **stocks)
    assert refused.value.code == code
    assert refused.value.way_out.endswith(".")


def test_two_stocks_may_just_fill_the_solution():
    # 16 mL of 25 mg/mL and 4 mL of 50 mg/mL.
    assert recipe(MIXTURE, morphine="25 mg/mL", bupivacaine="50 mg/mL").diluent == q("0 mL")


strengths = st.fractions(min_value=1, max_value=1000, max_denominator=1000)


@given(strengths, strengths, st.integers(1, 400))
def test_nothing_is_lost_or_made(morphine, bupivacaine, tenths):
    rx = ordered(MIXTURE, {"solution.fill_volume": f"{tenths / 10} mL"})
    stocks = {
        "morphine": Quantity.of(20 * morphine, "mg/mL"),
        "bupivacaine": Quantity.of(10 * bupivacaine, "mg/mL"),
    }
    if 1 / morphine + 1 / bupivacaine > 1:
        with pytest.raises(Refused):
            compound(rx, stocks)
        return

    found = compound(rx, stocks)
    taken = found.rows[0].take + found.rows[1].take
    assert taken + found.diluent == found.total == rx.solution.fill_volume
    for row in found.rows:
        component = rx.solution.component(row.drug)
        assert component is not None
        assert row.take * row.stock == found.total * component.concentration == row.mass
