"""A quantity is an exact number with a unit of a closed list, and nothing else is read as one."""

from fractions import Fraction
from typing import Any

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.quantity import (
    CONCENTRATION,
    DOSE_RATE,
    DURATION,
    FLOW,
    LENGTH,
    LINE_VOLUME,
    MASS,
    RATIO,
    VOLUME,
    DimensionMismatch,
    Quantity,
    QuantityError,
    UnknownUnit,
    UnreadableQuantity,
    decimal_text,
)
from cisterna.quantity.unit import _SIMPLE, _SPELLINGS, unit
from tests.quantity import strategies as draw

IN_PINT = {
    "1": "dimensionless",
    "%": "percent",
    "ng": "nanogram",
    "mcg": "microgram",
    "mg": "milligram",
    "g": "gram",
    "kg": "kilogram",
    "nL": "nanoliter",
    "mcL": "microliter",
    "mL": "milliliter",
    "L": "liter",
    "ms": "millisecond",
    "s": "second",
    "min": "minute",
    "h": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "year": "year",
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "cm2": "centimeter ** 2",
    "m2": "meter ** 2",
}

SPELLINGS = {
    "ug": "mcg",
    "µg": "mcg",  # the micro sign
    "μg": "mcg",  # the Greek letter
    "uL": "mcL",
    "µL": "mcL",
    "μL": "mcL",
    "ml": "mL",
    "l": "L",
    "d": "day",
    "days": "day",
    "hr": "h",
    "hour": "h",
    "hours": "h",
    "minute": "min",
    "minutes": "min",
    "sec": "s",
    "second": "s",
    "seconds": "s",
    "weeks": "week",
    "months": "month",
    "y": "year",
    "yr": "year",
    "years": "year",
}


# Units ------------------------------------------------------------------------------------------


def test_every_unit_of_the_closed_list_is_held_against_pint():
    assert set(IN_PINT) == set(_SIMPLE)


def test_every_clinical_spelling_is_held_against_its_unit():
    assert SPELLINGS == _SPELLINGS


@pytest.mark.parametrize("name", sorted(IN_PINT))
def test_a_unit_has_the_size_that_pint_gives_it(name: str, registry: "pint.UnitRegistry[Any]"):
    base = registry.Quantity(1, IN_PINT[name])
    ours = unit(name)
    coherent = f"mg**{ours.dimension.mass} * mL**{ours.dimension.volume} * "
    coherent += f"day**{ours.dimension.time} * cm**{ours.dimension.length}"
    assert base.to(coherent).magnitude == pytest.approx(float(ours.size), rel=1e-12)


@pytest.mark.parametrize("top", ["mg", "mcg", "ng", "mL", "nL", "mcL"])
@pytest.mark.parametrize("bottom", ["day", "h", "min", "mL", "cm"])
def test_a_quotient_has_the_size_that_pint_gives_it(
    top: str, bottom: str, registry: "pint.UnitRegistry[Any]"
):
    ours = Quantity.of(1, f"{top}/{bottom}")
    theirs = registry.Quantity(1, f"{IN_PINT[top]} / ({IN_PINT[bottom]})")
    base_of = {"mg": "mg", "mcg": "mg", "ng": "mg", "mL": "mL", "nL": "mL", "mcL": "mL"}[top]
    per = {"day": "day", "h": "day", "min": "day", "mL": "mL", "cm": "cm"}[bottom]
    assert theirs.to(f"{base_of}/{per}").magnitude == pytest.approx(float(ours.base), rel=1e-12)


@pytest.mark.parametrize(("written", "meant"), SPELLINGS.items())
def test_a_clinical_spelling_means_its_unit(written: str, meant: str):
    assert unit(written) == unit(meant)


@pytest.mark.parametrize("micro", ["mcg", "ug", "µg", "μg"])
def test_a_microgram_is_read_in_every_spelling_and_named_in_one(micro: str):
    assert Quantity.parse(f"50 {micro}/day").unit.name == "mcg/day"


@pytest.mark.parametrize(
    ("text", "dimension"),
    [
        ("0.5 mg", MASS),
        ("20 mL", VOLUME),
        ("10 min", DURATION),
        ("18.6 cm", LENGTH),
        ("0.22 mL/day", FLOW),
        ("4.4 mg/day", DOSE_RATE),
        ("20 mg/mL", CONCENTRATION),
        ("0.0022 mL/cm", LINE_VOLUME),
        ("14.5 %", RATIO),
    ],
)
def test_a_unit_decides_what_kind_of_quantity_it_is(text: str, dimension):
    assert Quantity.parse(text).dimension == dimension


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("4 MG", "mg"),
        ("4 Mg/day", "mg"),
        ("4 mL/dya", "day"),
        ("4 ML", "mL"),
        ("4 MCG", "mcg"),
        ("4 mcq", "mcg"),
        ("4 hrs", "hr|h"),
    ],
)
def test_an_unknown_unit_is_refused_with_the_nearest_one(wrong: str, near: str):
    with pytest.raises(UnknownUnit, match=rf"did you mean ({near})\?"):
        Quantity.parse(wrong)


@pytest.mark.parametrize("wrong", ["4 mg/day/day", "4 mg//day", "4 /day", "4 mg*day", "4 mg/1"])
def test_a_unit_that_is_no_plain_quotient_is_refused(wrong: str):
    with pytest.raises(UnknownUnit):
        Quantity.parse(wrong)


# Reading ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4.4 mg/day", "4.4"),
        ("4.40 mg/day", "4.4"),
        ("4.4mg/day", "4.4"),
        ("  4.4   mg/day  ", "4.4"),
        ("+4.4 mg/day", "4.4"),
        ("-4.4 mg/day", "-4.4"),
        ("0 mg/day", "0"),
        ("007 mg/day", "7"),
        ("999999999999999.999999999999999 mg/day", "999999999999999.999999999999999"),
    ],
)
def test_a_plain_decimal_with_its_unit_is_read_exactly(text: str, value: str):
    assert Quantity.parse(text) == Quantity.of(Fraction(value), "mg/day")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("4.4", "has no unit"),
        ("4", "has no unit"),
        ("", "not a plain decimal number"),
        ("mg/day", "not a plain decimal number"),
        ("four mg/day", "not a plain decimal number"),
        ("4,4 mg/day", "has a comma"),
        ("1,000 mcg", "has a comma"),
        (".5 mg", "lacks the leading zero; write 0.5"),
        ("-.5 mg", "lacks the leading zero"),
        ("5. mg", "not a plain decimal number"),
        ("1e400 mg", "has an exponent"),
        ("1E3 mg", "has an exponent"),
        ("1.5e-3 mg", "has an exponent"),
        ("1e400mg", "has an exponent"),
        ("1e400", "has an exponent"),
        ("NaN mg", "not a plain decimal number"),
        ("nan", "not a plain decimal number"),
        ("inf mg", "not a plain decimal number"),
        ("-inf mg/day", "not a plain decimal number"),
        ("1/2 mg", "not a plain decimal number"),
        ("4-5 mg", "not a plain decimal number"),
        ("1_000 mcg", "not a plain decimal number"),
        ("0x10 mg", "not a plain decimal number|unknown unit"),
        ("--4 mg", "not a plain decimal number"),
        ("4 mg per day", "not a plain decimal number"),
        ("4 mg / day", "not a plain decimal number"),
        ("٤ mg", "not a plain decimal number"),  # an Arabic-Indic four
        ("４ mg", "not a plain decimal number"),  # a full-width four
        ("4٫4 mg", "not a plain decimal number"),
        ("²mg", "not a plain decimal number"),
    ],
)
def test_what_is_no_plain_decimal_with_a_unit_is_refused_with_the_reason(text: str, reason: str):
    with pytest.raises(QuantityError, match=reason):
        Quantity.parse(text)


@pytest.mark.parametrize(
    ("longest", "too_long"),
    [
        (f"1{' ' * 57}mg", f"1{' ' * 58}mg"),
        (f"{'9' * 15} mg", f"{'9' * 16} mg"),
        (f"0.{'1' * 15} mg", f"0.{'1' * 16} mg"),
    ],
)
def test_text_is_read_up_to_its_longest_and_refused_beyond(longest: str, too_long: str):
    assert Quantity.parse(longest).dimension == MASS
    with pytest.raises(UnreadableQuantity):
        Quantity.parse(too_long)


def test_a_megabyte_of_digits_is_refused_in_a_short_message():
    with pytest.raises(UnreadableQuantity, match="too long") as refused:
        Quantity.parse("9" * 1_000_000)
    assert len(str(refused.value)) < 100


@pytest.mark.parametrize("number", [0.5, float("nan"), float("inf"), 1e400])
def test_a_float_is_never_a_quantity(number: float):
    with pytest.raises(TypeError, match="float"):
        Quantity.of(number, "mg")  # type: ignore[arg-type]


@given(draw.plain_numbers, draw.units)
def test_what_is_read_is_what_the_decimal_means(number: str, unit_text: str):
    assert Quantity.parse(f"{number} {unit_text}").number(unit_text) == draw.exact(number)


@given(draw.plain_numbers, draw.units)
def test_the_exact_text_of_a_quantity_reads_back_as_the_same_quantity(number: str, unit_text: str):
    quantity = Quantity.parse(f"{number} {unit_text}")
    text = f"{decimal_text(quantity.number(unit_text))} {quantity.unit.name}"
    assert Quantity.parse(text) == quantity


@given(st.text(max_size=80))
def test_any_text_is_a_quantity_or_refused(text: str):
    try:
        quantity = Quantity.parse(text)
    except QuantityError:
        return
    assert quantity.unit.size > 0


# Arithmetic -------------------------------------------------------------------------------------


@given(draw.pairs())
def test_a_sum_taken_back_leaves_what_was_there(pair: tuple[Quantity, Quantity]):
    a, b = pair
    assert a + b - b == a
    assert a + b == b + a
    assert a - b == -(b - a)


@given(draw.quantities, draw.nonzero)
def test_a_product_divided_again_leaves_what_was_there(a: Quantity, b: Quantity):
    assert a * b / b == a
    assert a / b * b == a


@given(draw.quantities, st.integers(-1000, 1000), st.fractions(max_denominator=1000))
def test_scaling_is_exact(a: Quantity, count: int, part: Fraction):
    assert (a * count).base == a.base * count == (count * a).base
    assert (a * part).base == a.base * part
    if count:
        assert a / count * count == a


@given(draw.pairs())
def test_order_is_the_order_of_the_exact_values(pair: tuple[Quantity, Quantity]):
    a, b = pair
    assert (a < b) == (a.base < b.base) == (b > a)
    assert (a <= b) == (a.base <= b.base) == (b >= a)
    assert (a == b) == (a.base == b.base)


@given(draw.kinds, st.data())
def test_another_unit_shows_the_same_value(kind: str, data: st.DataObject):
    quantity = data.draw(draw.alike(kind))
    other = data.draw(st.sampled_from(draw.UNITS[kind]))
    assert quantity.to(other) == quantity
    assert Quantity.of(quantity.number(other), other) == quantity


def test_a_third_of_a_day_three_times_is_a_day():
    third = Quantity.of(1, "day") / 3
    assert third + third + third == Quantity.of(24, "h")


def test_a_tenth_of_a_milligram_ten_times_is_a_milligram():
    assert Quantity.parse("0.1 mg") * 10 == Quantity.parse("1 mg")


@pytest.mark.parametrize(
    ("result", "name"),
    [
        (Quantity.parse("4.4 mg/day") / Quantity.parse("20 mg/mL"), "mL/day"),
        (Quantity.parse("3.1908 mg") / Quantity.parse("10 mg/mL"), "mL"),
        (Quantity.parse("0.22 mL/day") * Quantity.parse("20 mg/mL"), "mg/day"),
        (Quantity.parse("0.31908 mL") / Quantity.parse("0.4 mL/day"), "day"),
        (Quantity.parse("81.4 cm") * Quantity.parse("0.0022 mL/cm"), "mL"),
        (Quantity.parse("4.4 mg") / Quantity.parse("4 mg"), "1"),
        (Quantity.parse("6 mg") / Quantity.parse("2 h"), "mg/day"),
        (Quantity.parse("6 mg") / Quantity.parse("2 mL"), "mg/mL"),
        (Quantity.parse("2 mL") / Quantity.parse("2 cm"), "mL/cm"),
    ],
)
def test_a_product_or_quotient_is_named_in_coherent_units(result: Quantity, name: str):
    assert result.unit.name == name


def test_a_sum_keeps_the_unit_of_its_first_part():
    assert (Quantity.parse("1 mg") + Quantity.parse("500 mcg")).unit.name == "mg"


def test_negative_values_exist_and_have_a_size():
    loss = Quantity.parse("4 mg/day") - Quantity.parse("4.4 mg/day")
    assert loss == Quantity.parse("-0.4 mg/day")
    assert abs(loss) == Quantity.parse("0.4 mg/day")
    assert loss < Quantity.parse("0 mg/day")


def test_zero_is_no_quantity_of_anything_and_the_smallest_is_one():
    assert not Quantity.parse("0 mg")
    assert Quantity.parse("0.000000000000001 ng")


# Dimensions -------------------------------------------------------------------------------------


@given(draw.quantities, draw.quantities)
def test_unlike_quantities_neither_add_nor_compare(a: Quantity, b: Quantity):
    if a.dimension == b.dimension:
        return
    acts = (a.__add__, a.__sub__, a.__lt__, a.__le__, a.__gt__, a.__ge__)
    for act in acts:
        with pytest.raises(DimensionMismatch):
            act(b)
    assert a != b


def test_a_dose_is_not_shown_as_a_volume():
    with pytest.raises(DimensionMismatch, match="cannot be shown in mL"):
        Quantity.parse("4 mg").to("mL")
    with pytest.raises(DimensionMismatch, match="cannot be shown in mL/day"):
        Quantity.parse("4 mg/day").number("mL/day")


def test_a_dose_rate_where_a_dose_is_expected_is_refused_with_both_kinds_named():
    rate = Quantity.parse("4 mg/day")
    assert rate.expect(DOSE_RATE) is rate
    with pytest.raises(DimensionMismatch, match=r"expected an amount of drug.*found a dose rate"):
        rate.expect(MASS)


def test_every_refusal_is_a_quantity_error_so_that_a_reader_needs_to_know_one():
    assert all(
        issubclass(kind, QuantityError)
        for kind in (UnknownUnit, UnreadableQuantity, DimensionMismatch)
    )
