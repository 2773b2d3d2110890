"""The options: all of them for everybody, as deep for each, and in her own order."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from cisterna.clinic.bodies.hers import OptionsRanked
from cisterna.clinic.bodies.planning import Referred, TreatmentRecorded
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import rows
from cisterna.facts.options import Options
from cisterna.patient.web.options import PARTS, picture
from cisterna.patient.web.words import LANGUAGES, say, words
from tests.clinic.people import NURSE, Course, Step
from tests.clinic.web.conftest import NOW, SignedIn, Treated, browser_of_nobody

FACTS = Options()


def page_of(found: Any) -> str:
    return str(found.content.decode())


@pytest.fixture
def she(her: Course, signed_in: SignedIn) -> Client:
    return signed_in(Role.PATIENT, "her", person="p1")


def row(**more: str) -> dict[str, str]:
    weights = {f"weight-{value}": "2" for value in FACTS.values()}
    places = {f"place-{name}": str(n + 1) for n, name in enumerate(reversed(FACTS.ids()))}
    return weights | places | more


@pytest.mark.pathway("PW-060", "PW-061", "PW-062", "PW-063", "PW-065")
@pytest.mark.parametrize("language", LANGUAGES)
def test_anybody_sees_every_option_with_every_part(language: str, clinic: Any):
    page = page_of(browser_of_nobody().get("/options/", headers={"accept-language": language}))
    assert page.count('<article class="option"') == len(FACTS.ids()) == 7
    for name in FACTS.ids():
        assert f'id="{name}"' in page
        assert say(f"options.option.{name}.name", language) in page
    for part in PARTS:
        assert page.count(f"<h4>{say(f'options.part.{part}', language)}</h4>") == 7


@pytest.mark.pathway("PW-060")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_options_are_told_at_equal_depth(language: str):
    told = words(language)
    long = Counter(
        {n: sum(len(told[f"options.option.{n}.{p}"].split()) for p in PARTS) for n in FACTS.ids()}
    )
    assert max(long.values()) < 2 * min(long.values()), long


@pytest.mark.pathway("PW-063")
def test_what_is_added_to_care_says_so_and_warns_of_needles_near_the_pump():
    text = say("options.option.complementary.what", "en") + say(
        "options.option.complementary.bad", "en"
    )
    assert "You add it to your care" in text
    assert "no needle" in text
    assert "near the pump or its tube" in text


@pytest.mark.pathway("PW-011")
@pytest.mark.parametrize(
    ("indication", "first"),
    [
        ("failed-back-surgery-syndrome", "medicines"),
        ("cerebral-palsy", "medicines"),
        ("complex-regional-pain-syndrome", "stimulation"),
        ("post-herpetic-neuralgia", "stimulation"),
        ("diabetic-neuropathy", "stimulation"),
    ],
)
def test_for_nerve_pain_the_nerve_device_stands_first(
    indication: str, first: str, clinic: Record, signed_in: SignedIn
):
    course = Course("p1", NOW - timedelta(days=9))
    course.do(Step("refer", NURSE, Referred(indication, "Dr Hall", "a pump?")))
    clinic.append(*course.person.events)
    rows.catch_up()
    page = page_of(signed_in(Role.PATIENT, "she", person="p1").get("/my/options/"))
    at = {name: page.index(f'<article class="option" id="{name}"') for name in FACTS.ids()}
    assert min(at, key=at.__getitem__) == first
    assert len(at) == 7


@pytest.mark.pathway("PW-060", "PW-061")
def test_she_sees_what_her_record_says_of_each(treated: Treated, signed_in: SignedIn):
    treated("back", "commit")
    had = rows.load("p1").every(TreatmentRecorded, None)
    page = page_of(signed_in(Role.PATIENT, "she", person="p1").get("/my/options/"))
    of = {t for name in FACTS.ids() for t in FACTS.option(name).treatments}
    shown = [h for h in had if h.body.treatment in of]
    assert shown
    for one in shown:
        said = say(f"options.treated.{one.body.answer}", "en")
        assert f"{say(f'options.treatment.{one.body.treatment}', 'en')}: {said}" in page


@pytest.mark.pathway("PW-065", "PW-070")
def test_nothing_is_chosen_for_her_and_what_she_chooses_is_on_record(
    she: Client, signed_in: SignedIn
):
    page = page_of(she.get("/my/options/"))
    assert " checked required" not in page
    assert " selected" not in page
    assert she.post("/my/options/", row(**{"weight-less-pain": "4"})).status_code == 302
    said = rows.load("p1").last(OptionsRanked, None)
    assert said is not None
    assert said.body.version == FACTS.version
    assert said.body.order == tuple(reversed(FACTS.ids()))
    assert {w.value: w.weight for w in said.body.weights}["less-pain"] == 4
    assert said.by.who == "her"
    assert "My order now" in page_of(she.get("/my/options/"))
    staff = page_of(signed_in(Role.SURGEON).get("/people/p1/"))
    assert "Her own order of the options" in staff


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight-less-pain": ""},
        {"weight-less-pain": "5"},
        {"place-pump": ""},
        {"place-pump": "1", "place-waiting": "1"},
        {"place-pump": "8"},
    ],
)
def test_what_is_not_whole_is_said_and_not_saved(wrong: dict[str, str], she: Client):
    found = she.post("/my/options/", row(**wrong))
    assert found.status_code == 422
    assert 'role="alert"' in page_of(found)
    assert page_of(found).count(" checked") >= len(FACTS.values()) - 1
    assert rows.load("p1").last(OptionsRanked, None) is None


def test_another_patient_finds_nothing_of_her_order(
    she: Client, treated: Treated, signed_in: SignedIn
):
    treated("palsy", "commit", "p2")
    she.post("/my/options/", row())
    other = page_of(signed_in(Role.PATIENT, "another", person="p2").get("/my/options/"))
    assert "My order now" not in other


def test_who_cares_for_her_needs_her_leave(she: Client, signed_in: SignedIn):
    mother = signed_in(Role.CAREGIVER, "mother", person="p1")
    assert mother.get("/my/options/").status_code == 403
    she.post("/my/access/", {"who": "mother", "may": ["decide"]})
    assert mother.get("/my/options/").status_code == 200


@pytest.mark.parametrize("n", [0, 1, 37, 100])
def test_a_picture_has_100_marks_for_benefit_and_harm_alike(n: int):
    drawn = picture(n)
    assert (drawn.full.count("M"), drawn.small.count("M")) == (n, 100 - n)


def test_every_figure_has_a_text_a_picture_and_a_row_of_the_table(clinic: Any):
    page = page_of(browser_of_nobody().get("/options/"))
    figures = [f for name in FACTS.ids() for f in FACTS.option(name).figures]
    assert page.count('<figure class="hundred">') == len(figures)
    assert page.count('role="img"') == len(figures) + sum(f.others is not None for f in figures)
    table = page.partition("<caption>")[2]
    for one in figures:
        assert (
            say(f"options.figure.{one.name}.title", "en", people=one.people).split(".")[0] in table
        )
    assert "style=" not in page.partition("<main")[2]


def test_a_figure_that_nobody_has_read_says_so(clinic: Any):
    page = page_of(browser_of_nobody().get("/options/"))
    recalled = [
        f for n in FACTS.ids() for f in FACTS.option(n).figures if f.share.certainty == "recalled"
    ]
    assert page.count("Nobody has read this in the source yet") == len(recalled)
