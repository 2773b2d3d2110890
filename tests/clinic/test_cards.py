"""Emergency cards: the right ones for the drugs, the maker's line for a drug that nobody knows."""

import pytest

from cisterna.clinic.cards import UNKNOWN, Plain, Running, cards_for, head
from cisterna.facts import Cards, Library
from cisterna.quantity import Quantity

LIBRARY = Library()


def letters(drugs: tuple[str, ...], findings: tuple[str, ...] = ()) -> tuple[str, ...]:
    return tuple(card.id for card in cards_for(drugs, findings, LIBRARY))


def test_the_book_has_thirteen_cards_each_with_signs_and_acts_from_a_source():
    facts = Cards(LIBRARY)
    assert facts.ids() == tuple("ABCDEFGHIJKPQ")
    for name in facts.ids():
        card = facts.card(name)
        assert card.title
        assert card.recognise
        assert card.do
        assert card.version == facts.version
        lines = (*card.recognise, *card.do)
        assert all(line.evidence.source in LIBRARY.sources for line in lines)


# Which cards are printed for whom: those of the drug, and those for everybody.
KEPT = {
    "morphine": "AFHIJKPQ",
    "baclofen": "BEHIJKPQ",
    "ziconotide": "CHIJKPQ",
    "clonidine": "DGHIJKPQ",
    "bupivacaine": "DHIJKPQ",
}


@pytest.mark.parametrize("drug", KEPT)
def test_the_cards_that_are_kept_are_those_of_the_drug_and_of_everybody(drug: str):
    assert letters((drug,)) == tuple(KEPT[drug])


def test_a_mixture_has_the_cards_of_each_drug():
    assert set(letters(("morphine", "clonidine"))) == set("ADFGHIJKPQ")


@pytest.mark.parametrize("drugs", [(), ("mystery",), ("morphine", "mystery")])
def test_a_drug_that_nobody_knows_puts_the_makers_line_first(drugs: tuple[str, ...]):
    first = cards_for(drugs, (), LIBRARY)[0]
    assert first.id == "unknown-drug"
    assert any("maker" in line.text for line in first.do)


def test_what_was_found_chooses_the_card():
    assert letters(("morphine",), ("slow-breathing",)) == ("A",)
    assert letters(("baclofen",), ("critical-alarm", "itch")) == ("Q", "E")
    assert letters(("morphine",), ("pocket-pain-after-refill",)) == ("P",)


def test_baclofen_withdrawal_says_that_oral_baclofen_is_not_enough_and_a_pocket_fill_no_csf():
    facts = Cards(LIBRARY)
    assert any("not enough" in line.text for line in facts.card("E").do)
    assert any("no CSF" in line.text for line in facts.card("P").do)
    assert all("µg" not in line.text for n in facts.ids() for line in facts.card(n).do)


def test_the_head_leaves_nothing_out_that_is_not_known():
    rows = head(Plain("Test Patient"), LIBRARY)
    assert rows[0] == ("", "Treat the patient first.")
    said = dict(rows)
    assert said["Patient"] == "Test Patient"
    for label in ("Clinic", "Pump", "Last refill", "Tip", "Allergies", "MR status", "On call"):
        assert said[label] == UNKNOWN
    assert any("Drug" in label and text == UNKNOWN for label, text in rows)


def test_the_head_shows_drug_concentration_and_dose_of_the_last_confirmed_programme():
    running = Running("morphine", Quantity.parse("20 mg/mL"), Quantity.parse("1.2 mg/day"))
    plain = Plain(
        "Test Patient",
        pump="SynchroMed II 8637-20",
        running=(running,),
        confirmed="2 Mar 2026",
        catheter_volume=Quantity.parse("0.179 mL"),
    )
    rows = dict(head(plain, LIBRARY))
    assert rows["Pump"] == "SynchroMed II 8637-20, serial NOT KNOWN"
    assert rows["Catheter volume"] == "0.179 mL"
    label = "Drug at the last confirmed programme (2 Mar 2026)"
    assert rows[label] == "morphine 20 mg/mL, 1.2 mg/day"
