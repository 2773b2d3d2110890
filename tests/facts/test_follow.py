"""The rules of the years after the implant stand in the data as the fact books have them."""

from datetime import date

import pytest

from cisterna.facts import Cards, Follow, Library, UnknownFact
from cisterna.facts.site import Confirmation, Site
from cisterna.quantity import Quantity

LIBRARY = Library()
RULES = Follow(LIBRARY)

# Figures of pathway §3.2, §5.4, §6 and of devices §5, written out again.
FIGURES = {
    "peg_meaningful": ("30 %", "read"),
    "responder.moderate": ("30 %", "read"),
    "responder.substantial": ("50 %", "read"),
    "taper_month": ("10 %", "read"),
    "cows_highest": ("48 1", "recalled"),
    "taper_check": ("1 week", "assumed"),
    "scan_overdue.amber": ("30 min", "assumed"),
    "scan_overdue.red": ("2 h", "assumed"),
    "scan.synchromed-ii.interrogations": ("2 1", "read"),
    "scan.prometra-ii.interrogations": ("1 1", "read"),
    "schedule.visit.every": ("6 months", "assumed"),
    "schedule.endocrine.every": ("12 months", "read"),
    "schedule.ck.every": ("1 month", "read"),
}


@pytest.mark.parametrize("path", FIGURES)
def test_a_figure_is_that_of_the_book(path: str):
    value, certainty = FIGURES[path]
    found = RULES.figure(path)
    assert found.text() == value.removesuffix(" 1")
    assert found.certainty == certainty


def test_visits_stand_at_1_3_6_and_12_months_and_creatine_kinase_at_2_and_4_weeks():
    rows = {row.id: row for row in RULES.schedule(frozenset({"ziconotide"}))}
    months = [m.value.number("month") for m in rows["visit"].after]
    assert months == [1, 3, 6, 12]
    assert [m.value.number("week") for m in rows["ck"].after] == [2, 4]
    assert [m.value.number("month") for m in RULES.replacement_marks()] == [12, 6, 3]


def test_a_rule_for_a_drug_or_a_class_holds_for_no_other():
    assert [r.id for r in RULES.schedule(frozenset())] == ["visit", "year"]
    assert [r.id for r in RULES.schedule(frozenset({"opioid"}))] == ["visit", "year", "endocrine"]


def test_every_kind_of_withdrawal_has_its_cover_and_its_card():
    cards = Cards(LIBRARY)
    kinds = {LIBRARY.drug(name).withdrawal for name in LIBRARY.drug_ids}
    for kind in kinds - {"none"}:
        cover = RULES.cover(kind)
        assert cover is not None
        assert "withdrawal" in cards.card(cover[1]).title.lower()
    assert RULES.cover("none") is None


def test_every_item_of_a_scan_has_its_words():
    for family in RULES.scan_families():
        rule = RULES.scan(family)
        assert all(RULES.scan_word(item) for item in (*rule.prepare, *rule.after))
    assert [f for f in RULES.scan_families() if RULES.scan(f).empty_first] == ["prometra-ii"]


def test_a_name_that_nobody_has_is_unknown():
    for asks in (
        lambda: RULES.figure("scan_overdue.violet"),
        lambda: RULES.scan("abacus"),
        lambda: RULES.scoring("oswestry"),
        lambda: Cards(LIBRARY).card("Z"),
    ):
        with pytest.raises(UnknownFact):
            asks()


def test_a_sites_own_value_is_the_one_that_counts():
    value, path = Quantity.parse("20 min"), "follow.scan_overdue.amber"
    row = Confirmation(path, value, value, "A. P.", date(2026, 1, 1), "own copy")
    found = Follow(Library(Site({path: row}))).figure("scan_overdue.amber")
    assert found.text() == "20 min"
    assert found.verified
