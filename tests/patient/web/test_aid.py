"""The decision aid, item by item (IPDAS, pathway §9.1), its upkeep, teach-back and booklet."""

import re
from typing import Any

import pytest
from django.test import Client

from cisterna.clinic.bodies.hers import QuestionsKept, TeachBackTaken
from cisterna.clinic.bodies.planning import TeachBackDone
from cisterna.clinic.event import Role
from cisterna.clinic.web import rows, site
from cisterna.facts.options import Options
from cisterna.patient.web.options import PARTS
from cisterna.patient.web.screens.aid import BEFORE, LIVING
from cisterna.patient.web.upkeep import of_order, reckoned
from cisterna.patient.web.words import LANGUAGES, say, words
from tests.clinic.people import Course
from tests.clinic.web.conftest import SignedIn, Treated, browser_of_nobody

FACTS = Options()
PAGES = ("options/", "aid/", "aid/booklet/", "aid/questions/", "aid/ask/")


def text_of(found: Any) -> str:
    return str(found.content.decode())


@pytest.fixture
def she(her: Course, signed_in: SignedIn) -> Client:
    return signed_in(Role.PATIENT, "her", person="p1")


@pytest.fixture
def aid(clinic: Any) -> str:
    """The copy for everybody."""
    return text_of(browser_of_nobody().get("/aid/"))


def answers(wrong: int = 0) -> dict[str, str]:
    found = {}
    for n, (name, q) in enumerate(FACTS.questions().items()):
        found[f"answer-{name}"] = (
            next(a for a in q.answers if a != q.right) if n < wrong else q.right
        )
    return found


# The six that qualify ----------------------------------------------------------------------------


def test_it_describes_the_condition(aid: str):
    assert 'id="condition"' in aid
    for name in ("the back", "nerves", "cancer", "pancreas", "Stiff limbs"):
        assert name in aid


def test_it_states_the_decision(aid: str):
    assert "The choice is this: a pump at the spine, one of six other ways, or no change" in aid


@pytest.mark.pathway("PW-060", "PW-065")
def test_it_lists_every_option_and_no_change_is_one(aid: str):
    at = [aid.index(f'<article class="option" id="{name}"') for name in FACTS.ids()]
    assert at == sorted(at)
    assert "waiting" in FACTS.ids()


@pytest.mark.parametrize("side", ["good", "bad"])
def test_it_tells_the_good_and_the_bad_of_each(side: str, aid: str):
    for name in FACTS.ids():
        card = aid.partition(f'<article class="option" id="{name}"')[2].partition("</article>")[0]
        assert f"<h4>{say(f'options.part.{side}', 'en')}</h4>" in card


MUST = {
    "trial": ("You lie still", "no promise"),
    "surgery": ("you sleep for it", "1 to 3 days in hospital"),
    "refills": ("for as long as you have the pump",),
    "missed": ("threat to life", "fever, spasms"),
    "alarms": ("day or night",),
    "scan": ("before each scan",),
    "travel": ("deeper than 10 m", "Plan trips"),
    "hormones": ("sex hormones",),
    "driving": ("Do not drive", "wine"),
    "battery": ("by 5.9 years", "new surgery"),
    "cost": ("Who pays",),
    "stopping": ("step by step",),
    "little": ("24 of 25", "the pain is the same"),
    "death": ("about 1 had died in 3 days and 4 in a month", "39 had died in a year"),
    "call": ("ambulance", "call your clinic at once"),
}


@pytest.mark.pathway("PW-043")
@pytest.mark.parametrize("part", LIVING)
def test_it_says_what_it_is_like_to_live_with(part: str, aid: str):
    told = aid.partition(f'<h2 id="{part}">')[2].partition("</section>")[0]
    for one in MUST[part]:
        assert one in told, (part, one)


# The six that certify ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_options_have_the_same_parts_and_no_default(language: str):
    told = words(language)
    assert all(f"options.option.{n}.{p}" in told for n in FACTS.ids() for p in PARTS)
    page = text_of(browser_of_nobody().get("/aid/", headers={"accept-language": language}))
    assert not re.search(r"<(input|option)[^>]* (checked|selected)", page)


def test_every_figure_names_its_source_and_how_sure_it_is(aid: str):
    table = aid.partition('<h3 id="figures">')[2]
    sources = site.library().sources
    for name in FACTS.ids():
        for one in FACTS.option(name).figures:
            assert sources[one.share.source]["title"].split("&")[0].split("'")[0] in table
            assert say(f"options.certain.{one.share.certainty}", "en") in table
        for found in FACTS.option(name).findings:
            assert sources[found.rule.source]["title"].split("&")[0].split("'")[0] in table


def test_it_has_a_date_and_a_time_to_look_again(aid: str):
    assert FACTS.version in aid
    assert str(FACTS.written.year) in aid
    assert FACTS.written < FACTS.look_again
    assert "looked at again each year" in aid


def test_it_says_how_sure_the_figures_are(aid: str):
    for name in FACTS.ids():
        assert say(f"options.evidence.{FACTS.option(name).evidence}", "en") in aid


def test_it_says_who_paid(aid: str):
    assert "No maker of pumps or drugs paid for this guide" in aid
    assert "paid by makers" in aid


def test_what_is_found_against_the_pump_stands_beside_what_is_found_for_it():
    pump = FACTS.option("pump")
    effects = [f.effect for f in pump.figures] + [f.effect for f in pump.findings]
    assert effects.count("harm") >= effects.count("benefit")
    assert "mixed" in effects


def test_benefit_and_harm_have_one_denominator_a_time_and_both_framings(aid: str):
    for name in FACTS.ids():
        for one in FACTS.option(name).figures:
            if not one.rare:
                assert f"{one.of_100} of 100: yes. {100 - one.of_100} of 100: no." in aid
    assert aid.count("Fewer than 1 of 100: yes.") == 2
    assert aid.count('<p class="soft">Time: ') == sum(
        len(FACTS.option(n).figures) for n in FACTS.ids()
    )


# Upkeep -----------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-033")
def test_it_tells_the_refills_of_a_year_from_her_own_order(she: Client):
    page = text_of(she.get("/my/aid/"))
    found = of_order(rows.load("p1"), site.library())
    assert found is not None
    assert found.by is not None
    assert f"About {found.refills} refills in a year, one each {found.days} days." in page
    assert found.refills == -(-365 // found.days)


@pytest.mark.pathway("PW-033")
def test_without_an_order_it_is_an_example_that_can_be_changed(aid: str):
    assert "This is an example. It is not your dose." in aid
    assert "About 5 refills in a year, one each 90 days." in aid
    asked = {"dose": "4 mg/day", "concentration": "10 mg/mL", "reservoir": "40 mL", "left": "2 mL"}
    page = text_of(browser_of_nobody().get("/aid/", asked))
    assert "About 4 refills in a year, one each 95 days." in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"dose": "4"},
        {"dose": "0 mg/day"},
        {"dose": "-1 mg/day"},
        {"concentration": "10 mg"},
        {"left": "50 mL"},
        {"reservoir": ""},
        {"dose": "9" * 30 + " mg/day"},
    ],
)
def test_numbers_that_cannot_be_are_said_so(wrong: dict[str, str], clinic: Any):
    asked = {"dose": "4 mg/day", "concentration": "10 mg/mL", "reservoir": "40 mL", "left": "2 mL"}
    page = text_of(browser_of_nobody().get("/aid/", asked | wrong))
    assert "Please give a number and its unit" in page
    assert reckoned(asked | wrong) is None


# Teach-back and questions -----------------------------------------------------------------------


@pytest.mark.pathway("PW-043")
@pytest.mark.parametrize(("wrong", "passed"), [(0, True), (2, True), (3, False)])
def test_her_answers_are_evidence_and_she_is_told_what_was_wrong(
    wrong: int, passed: bool, treated: Treated, signed_in: SignedIn
):
    treated("back", "teach-back")
    her = signed_in(Role.PATIENT, "she", person="p1")
    assert her.post("/my/aid/questions/", answers(wrong)).status_code == 302
    person = rows.load("p1")
    took, done = person.last(TeachBackTaken, None), person.last(TeachBackDone, None)
    assert took is not None
    assert done is not None
    assert (took.body.version, took.body.right) == (FACTS.version, len(FACTS.questions()) - wrong)
    assert done.body.passed is passed
    page = text_of(her.get("/my/aid/questions/"))
    assert page.count("Your answer: ") == wrong
    assert ("once more" in page) is not passed


def test_a_question_without_an_answer_is_asked_again_and_the_others_are_kept(she: Client):
    found = she.post(
        "/my/aid/questions/", answers() | {"answer-scan": "", "answer-stop": "no-such"}
    )
    assert found.status_code == 422
    assert len(re.findall(r'" checked required', text_of(found))) == len(FACTS.questions()) - 2
    assert rows.load("p1").last(TeachBackTaken, None) is None


@pytest.mark.pathway("PW-057")
def test_her_questions_are_kept_and_the_team_reads_them(she: Client, signed_in: SignedIn):
    assert she.post("/my/aid/ask/", {"text": "Can I dive?\n\n What if I move?"}).status_code == 302
    said = rows.load("p1").last(QuestionsKept, None)
    assert said is not None
    assert said.body.questions == ("Can I dive?", "What if I move?")
    assert "What if I move?" in text_of(signed_in(Role.NURSE).get("/people/p1/"))
    assert "Can I dive?" in text_of(she.get("/my/aid/"))


@pytest.mark.pathway("PW-035")
def test_the_record_of_the_decision_names_the_version_of_the_aid(
    treated: Treated, signed_in: SignedIn
):
    treated("back", "record-decision")
    page = text_of(signed_in(Role.PHYSICIAN).get("/people/p1/acts/record-decision/"))
    assert f'value="decision aid {FACTS.version}"' in page


# Booklet, access --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_booklet_has_everything_of_the_aid_on_paper(language: str, clinic: Any):
    told = {"accept-language": language}
    page = text_of(browser_of_nobody().get("/aid/booklet/", headers=told))
    for name in (*BEFORE, *LIVING):
        assert f'<h2 id="{name}">' in page
    assert "booklet.css" in page
    assert page.count("<article") == 7
    assert "<details" not in page


@pytest.mark.parametrize("page", PAGES)
def test_nothing_of_her_is_there_for_staff_or_for_nobody(
    page: str, she: Client, signed_in: SignedIn
):
    assert signed_in(Role.NURSE).get(f"/my/{page}").status_code == 403
    assert browser_of_nobody().get(f"/my/{page}").status_code in (302, 403)


@pytest.mark.parametrize("page", PAGES)
def test_somebody_else_reads_nothing_of_hers(
    page: str, she: Client, treated: Treated, signed_in: SignedIn
):
    she.post("/my/aid/ask/", {"text": "Can I dive with Ada?"})
    treated("palsy", "commit", "p2")
    other = signed_in(Role.PATIENT, "another", person="p2").get(f"/my/{page}")
    assert "dive with Ada" not in text_of(other)
