"""People read values by the rules of the ISMP; machines read them in full."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.quantity import Quantity, decimal_text, show
from tests.quantity import strategies as draw

SAFE = re.compile(r"-?(0|[1-9][0-9]{0,2}(,[0-9]{3})*)(\.[0-9]*[1-9])?( [A-Za-z0-9%/]+)?")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("4.40 mg/day", "4.4 mg/day"),
        ("5.0 mg", "5 mg"),
        ("0.50 mg", "0.5 mg"),
        ("0 mg", "0 mg"),
        ("50 µg/day", "50 mcg/day"),
        ("50 μg", "50 mcg"),
        ("50 ug/mL", "50 mcg/mL"),
        ("2 µL", "2 mcL"),
        ("20 ml", "20 mL"),
        ("999 mcg", "999 mcg"),
        ("1000 mcg", "1,000 mcg"),
        ("1234567 mcg", "1,234,567 mcg"),
        ("12345.5 mcg", "12,345.5 mcg"),
        ("-1500 mcg", "-1,500 mcg"),
        ("-0.25 mg", "-0.25 mg"),
        ("0.000001 mL", "0.000001 mL"),
        ("14.5 %", "14.5 %"),
        ("3 1", "3"),
        ("2 h", "2 h"),
    ],
)
def test_a_value_is_shown_as_the_ismp_asks(written: str, shown: str):
    assert show(Quantity.parse(written)) == shown


@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
def test_a_counted_unit_has_a_plural_but_for_one(unit: str):
    assert show(Quantity.of(1, unit)) == f"1 {unit}"
    assert show(Quantity.of(2, unit)) == f"2 {unit}s"
    assert show(Quantity.of("0.5", unit)) == f"0.5 {unit}s"
    assert show(Quantity.of(0, unit)) == f"0 {unit}s"


def test_a_rate_per_day_has_no_plural():
    assert show(Quantity.parse("2 mg/day")) == "2 mg/day"


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (Fraction(1, 3), 6, "0.333333 mL"),
        (Fraction(2, 3), 6, "0.666667 mL"),
        (Fraction(2, 3), 3, "0.667 mL"),
        (Fraction(1234565, 10), 6, "123,456 mL"),
        (Fraction(1234575, 10), 6, "123,458 mL"),
        (Fraction(123456789), 3, "123,456,789 mL"),
        (Fraction(9999995, 10), 6, "1,000,000 mL"),
        (Fraction(1, 10**9), 3, "0.000000001 mL"),
    ],
)
def test_a_long_value_is_rounded_half_to_even_but_never_in_its_whole_digits(
    value: Fraction, digits: int, shown: str
):
    assert show(Quantity.of(value, "mL"), digits) == shown


@given(draw.quantities)
def test_no_shown_value_can_be_misread(quantity: Quantity):
    text = show(quantity)
    assert SAFE.fullmatch(text)
    assert not set("µμ") & set(text)


@given(draw.quantities)
def test_a_shown_value_is_within_half_of_its_last_digit(quantity: Quantity):
    exact = quantity.base / quantity.unit.size
    shown = Fraction(show(quantity).split(" ")[0].replace(",", ""))
    assert abs(shown - exact) <= max(abs(exact) * Fraction(5, 10**6), Fraction(0))


@given(draw.nonzero)
def test_something_is_never_shown_as_nothing(quantity: Quantity):
    assert Fraction(show(quantity).split(" ")[0].replace(",", "")) != 0


# For machines -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(31908, 100000), "0.31908"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(20), "20"),
        (Fraction(1200), "1200"),
        (Fraction(0), "0"),
        (Fraction(1, 2**20), "0.00000095367431640625"),
        (Fraction(10**18 + 1), "1000000000000000001"),
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(2, 3), "0.666666666667"),
        (Fraction(-2, 3), "-0.666666666667"),
        (Fraction(200, 3), "66.6666666667"),
        (Fraction(1, 3000), "0.000333333333333"),
        (Fraction(10**15, 7), "142857142857000"),
    ],
)
def test_a_number_is_written_in_full_or_to_twelve_digits_if_it_repeats(value: Fraction, text: str):
    assert decimal_text(value) == text


@given(st.integers(), st.integers(0, 30), st.integers(0, 30))
def test_a_terminating_decimal_reads_back_exactly(top: int, twos: int, fives: int):
    value = Fraction(top, 2**twos * 5**fives)
    assert Fraction(decimal_text(value)) == value


@given(st.fractions())
def test_a_repeating_decimal_reads_back_to_twelve_significant_digits(value: Fraction):
    back = Fraction(decimal_text(value))
    assert abs(back - value) <= abs(value) * Fraction(5, 10**12)


@given(st.fractions())
def test_a_machine_reads_plain_digits_only(value: Fraction):
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", decimal_text(value))
