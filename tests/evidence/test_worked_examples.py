"""Every worked example agrees to the last printed digit, and the page says so."""

import os
from fractions import Fraction
from pathlib import Path

import pytest

from cisterna.quantity import Quantity
from tests.worked.compute import results
from tests.worked.page import groups, page, printed

PAGE = Path(__file__).parents[2] / "docs" / "evidence" / "worked-examples.md"
EXAMPLES = {e.id: e for group in groups() for e in group.examples}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_agrees_to_its_last_printed_digit(name):
    example = EXAMPLES[name]

    assert example.computed == example.expected


def test_every_computed_value_stands_beside_an_expected_one():
    assert set(results()) == set(EXAMPLES)


def test_the_page_shows_this_run():
    text = page()
    if os.environ.get("CISTERNA_WRITE_EVIDENCE") == "1":
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, "utf-8")

    assert PAGE.is_file(), "write it with CISTERNA_WRITE_EVIDENCE=1"
    assert PAGE.read_text("utf-8") == text


@pytest.mark.parametrize(
    ("value", "like", "text"),
    [
        ("0.125 mL", "0.00 mL", "0.13 mL"),
        ("-0.125 mL", "0.00 mL", "-0.13 mL"),
        ("0.4 mL/day", "0.000 mL/day", "0.400 mL/day"),
        ("19.1448 h", "0 h 0.00 min", "19 h 8.69 min"),
        ("0.5 mg", "0 mcg", "500 mcg"),
    ],
)
def test_a_value_is_printed_to_the_digits_and_in_the_unit_of_its_source(value, like, text):
    assert printed(Quantity.parse(value), like) == text


def test_a_ratio_is_printed_without_a_unit():
    assert printed(Fraction(1, 3), "0.0000") == "0.3333"


def test_another_digit_would_be_noticed():
    assert printed(Quantity.parse("0.31909 mL"), "0.31908 mL") != "0.31908 mL"
