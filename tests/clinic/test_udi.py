"""What a scanner reads of a device: GS1 and HIBC, by published examples and by mistakes."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.clinic.hibc import CHARACTERS, Hibc, Unreadable, check_character, read_hibc
from cisterna.clinic.refusal import Refused
from cisterna.clinic.udi import Udi, read_udi

# The example of the FDA's list of UDI formats for GS1, without its date of manufacture and with it.
PRINTED = "(01)51022222233336(11)141231(17)150707(10)A213B1(21)1234"
READ = Udi("gs1", "51022222233336", "1234", "A213B1", date(2015, 7, 7), date(2014, 12, 31))


@pytest.mark.parametrize("code", [
    PRINTED,
    f" {PRINTED}\n",
    "01510222222333361114123117150707" + "10A213B1\x1d211234",
    "]d201510222222333361114123117150707" + "10A213B1\x1d211234",
    "]C101510222222333361114123117150707" + "10A213B1\x1d211234",
])  # fmt: skip
def test_a_gs1_code_reads_the_same_printed_and_scanned(code: str):
    assert read_udi(code) == READ


def test_a_month_without_a_day_is_good_until_its_last_day():
    assert read_udi("(01)51022222233336(17)280200(21)1").expires == date(2028, 2, 29)


@pytest.mark.parametrize("code", [
    "",
    "  ",
    "1234",
    "(01)51022222233335(21)1",  # the check digit
    "(21)1",  # no device identifier
    "(01)51022222233336(17)151307(21)1",  # month 13
    "(01)51022222233336(21)1(21)2",
    "http://example.org/01/51022222233336",
    "(" * 300,
    "+",
    "+A99912345/$$52001510X34",  # the check character
    "+$$52001510X3GD",  # production data alone
])  # fmt: skip
def test_what_is_no_identifier_is_refused_with_a_way_out(code: str):
    with pytest.raises(Refused) as caught:
        read_udi(code)
    assert caught.value.code == "udi-unreadable"
    assert "Scan" in caught.value.way_out


# Examples of the HIBC supplier labelling standard 2.6: its check characters come with them.
PUBLISHED = {
    "+A123BJC5D6E71G": Hibc("A123BJC5D6E71"),
    "*+A123BJC5D6E71G*": Hibc("A123BJC5D6E71"),
    # the fifteenth day of 2020, lot 10X3
    "+A99912345/$$52001510X33": Hibc("A99912345", lot="10X3", expires=date(2020, 1, 15)),
    "+A99912345/$$52001510X3/16D20111212/S77DEFG457": Hibc(
        "A99912345", "77DEFG45", "10X3", date(2020, 1, 15), date(2011, 12, 12)
    ),
}


@pytest.mark.parametrize(("code", "found"), PUBLISHED.items())
def test_the_examples_of_the_standard_read_as_it_says(code: str, found: Hibc):
    assert read_hibc(code) == found


JULY = date(2027, 7, 15)


@pytest.mark.parametrize(("part", "expires", "lot", "serial"), [
    ("$$0727L1", date(2027, 7, 31), "L1", ""),
    ("$$1227L1", date(2027, 12, 31), "L1", ""),
    ("$$2071527L1", JULY, "L1", ""),
    ("$$3270715L1", JULY, "L1", ""),
    ("$$427071523L1", JULY, "L1", ""),
    ("$$527196L1", JULY, "L1", ""),
    ("$$62719623L1", JULY, "L1", ""),
    ("$$7L1", None, "L1", ""),
    ("$$8053270715L1", JULY, "L1", ""),
    ("$$9000053270715L1", JULY, "L1", ""),
    ("$$+3270715S9", JULY, "", "S9"),
    ("$L1", None, "L1", ""),
    ("$+S9", None, "", "S9"),
    ("$L1/14D20270715/Q5/SS9", JULY, "L1", "S9"),
])  # fmt: skip
def test_each_spelling_of_a_date_is_read(part: str, expires: date, lot: str, serial: str):
    # 15 July is day 196 of 2027: 31+28+31+30+31+30 = 181 days of the half year, and 15.
    body = f"+A99912345/{part}"
    assert read_hibc(body + check_character(body)) == Hibc("A99912345", serial, lot, expires)


@pytest.mark.parametrize("part", ["$$3271315L1", "$$5", "$$52736 7", "$$13", "XYZ", "14D2027", ""])
def test_a_part_that_nobody_understands_is_refused(part: str):
    body = f"+A99912345/{part}"
    with pytest.raises(Unreadable):
        read_hibc(body + check_character(body))


@given(st.integers(1, 23), st.sampled_from(CHARACTERS))
def test_one_wrong_character_is_always_seen(place: int, wrong: str):
    code = "+A99912345/$$52001510X33"
    broken = code[:place] + wrong + code[place + 1 :]
    if broken != code:
        with pytest.raises(Unreadable):
            read_hibc(broken)


@given(st.text(max_size=60) | st.text(CHARACTERS, max_size=40).map(lambda t: f"+A999{t}"))
def test_no_text_breaks_the_reader(text: str):
    with suppress(Refused):
        assert read_udi(text).di
