"""How urgent a report is follows from rules; what no rule knows is looked at the same day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.clinic.triage import Level, triage
from cisterna.facts import Cards, Library, UnknownFact

LIBRARY = Library()
FACTS = Cards(LIBRARY)
FINDINGS = sorted(FACTS.findings())
SEVERITY = (Level.GREEN, Level.AMBER, Level.RED)

# Pathway §6.4, row by row: findings, drugs, level, the card that comes first.
TABLE = [
    (("unrousable",), ("morphine",), "red", "A"),
    (("unrousable",), ("baclofen",), "red", "B"),
    (("unrousable",), ("ziconotide",), "red", "C"),
    (("unrousable",), ("bupivacaine",), "red", "D"),
    (("slow-breathing",), ("hydromorphone",), "red", "A"),
    (("blue",), ("fentanyl",), "red", "A"),
    (("seizure",), ("baclofen",), "red", "B"),
    (("fever", "stiff-neck"), ("morphine",), "red", "H"),
    (("fever", "confusion"), ("morphine",), "red", "H"),
    (("new-leg-weakness",), ("morphine",), "red", "K"),
    (("saddle-numbness",), ("baclofen",), "red", "K"),
    (("sphincter-loss",), (), "red", "K"),
    (("fever",), ("baclofen",), "red", "E"),
    (("rigidity",), ("baclofen",), "red", "E"),
    (("confusion",), ("baclofen",), "red", "E"),
    (("blood-pressure-crisis",), ("clonidine",), "red", "G"),
    (("collapse-after-refill",), ("morphine",), "red", "P"),
    (("critical-alarm", "any-symptom"), ("baclofen",), "red", "Q"),
    (("itch",), ("baclofen",), "amber", "E"),
    (("tone-return",), ("baclofen",), "amber", "E"),
    (("alarm",), ("morphine",), "amber", "Q"),
    (("critical-alarm",), ("morphine",), "amber", "Q"),
    (("wound-redness",), ("morphine",), "amber", "I"),
    (("wound-fluid",), ("morphine",), "amber", "I"),
    (("pocket-swelling",), ("morphine",), "amber", "I"),
    (("positional-headache",), ("morphine",), "amber", "J"),
    (("sudden-loss-of-effect",), ("morphine",), "amber", "Q"),
    (("refill-unreachable",), ("baclofen",), "amber", "E"),
    (("confusion",), ("ziconotide",), "amber", "C"),
    (("mood-change",), ("ziconotide",), "amber", "C"),
    (("mild-side-effect",), ("morphine",), "green", None),
    (("question",), ("morphine",), "green", None),
    (("gradual-loss-of-effect",), ("morphine",), "green", None),
]


@pytest.mark.parametrize(("findings", "drugs", "level", "card"), TABLE)
def test_a_row_of_the_book_gives_its_level_and_card(
    findings: tuple[str, ...], drugs: tuple[str, ...], level: str, card: str | None
):
    found = triage(findings, drugs, LIBRARY)
    assert found.level == level
    assert found.cards[:1] == ((card,) if card else ())
    assert found.act == FACTS.act(level)
    assert found.version == FACTS.version


def test_what_no_rule_knows_is_looked_at_the_same_day():
    assert triage(("fever",), ("morphine",), LIBRARY).level is Level.AMBER
    assert triage(("question", "fever"), ("morphine",), LIBRARY).level is Level.AMBER


def test_a_rule_for_one_drug_counts_where_the_drug_is_not_known():
    for drugs in ((), ("mystery",)):
        assert triage(("rigidity",), drugs, LIBRARY).level is Level.RED


@pytest.mark.parametrize(("breaths", "level"), [(8, "red"), (10, "red"), (11, "green")])
def test_breathing_is_slow_up_to_the_upper_end_of_the_figure(breaths: int, level: str):
    assert triage(("question",), ("morphine",), LIBRARY, breaths).level == level


def test_nothing_reported_and_a_finding_that_nobody_has_are_no_triage():
    with pytest.raises(ValueError, match="nothing"):
        triage((), ("morphine",), LIBRARY)
    with pytest.raises(UnknownFact):
        triage(("glow",), ("morphine",), LIBRARY)


@given(
    st.sets(st.sampled_from(FINDINGS), min_size=1),
    st.sets(st.sampled_from(FINDINGS)),
    st.sets(st.sampled_from(LIBRARY.drug_ids)),
)
def test_more_findings_never_make_a_report_less_urgent(
    told: set[str], more: set[str], drugs: set[str]
):
    less, all_ = triage(told, drugs, LIBRARY), triage(told | more, drugs, LIBRARY)
    assert SEVERITY.index(all_.level) >= SEVERITY.index(less.level)


@given(st.sets(st.sampled_from(FINDINGS), min_size=1), st.sets(st.sampled_from(LIBRARY.drug_ids)))
def test_the_order_in_which_somebody_tells_it_changes_nothing(told: set[str], drugs: set[str]):
    one = triage(sorted(told), sorted(drugs), LIBRARY)
    assert one == triage(sorted(told, reverse=True), sorted(drugs, reverse=True), LIBRARY)


def test_every_rule_names_findings_and_cards_that_there_are():
    for rule in FACTS.rules():
        assert set(rule.all) <= set(FINDINGS)
        assert set(rule.cards) <= set(FACTS.ids())
        kinds = {LIBRARY.drug(d).drug_class for d in LIBRARY.drug_ids} | set(LIBRARY.drug_ids)
        assert set(rule.drugs) <= kinds
    assert {f for rule in FACTS.rules() for f in rule.all} == set(FINDINGS)
