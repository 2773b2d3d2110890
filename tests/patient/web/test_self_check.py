"""The self-check never says who is a candidate; a request for a talk reaches the list."""

import re
from datetime import date
from itertools import combinations, product

import pytest
from django.test import Client

from cisterna.clinic.bodies.hers import ConsultAnswered, ConsultAsked
from cisterna.clinic.bodies.planning import Place, Referred, Registered
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.models import EventRow
from cisterna.clinic.tasks import due
from cisterna.clinic.web import rows, site
from cisterna.clinic.web.models import PersonRow, TaskRow
from cisterna.facts.access import count
from cisterna.facts.selfcheck import SelfCheck
from cisterna.patient.web.words import words
from tests.clinic.web.conftest import NOW, SignedIn, Treated, browser_of_nobody
from tests.clinic.web.sending import sent

FACTS = SelfCheck()
ONE = {q.id: q.answers for q in FACTS.questions() if not q.many}
CLAIM = re.compile(
    r"candidat|you (can|can't|may|should) have a pump|fits? you well|idóne|apt[oa]\b|"
    r"puede llevar una bomba|le conviene",
    re.I,
)
FILLED = {
    "name": "Rosa Rivera", "born": "1961-04-05", "reach": "+1 555 0100", "says": "my back",
    "agree": "yes", "nonce": "a" * 32,
}  # fmt: skip


def every_combination() -> list[dict[str, tuple[str, ...]]]:
    names = list(ONE)
    chosen = [dict(zip(names, row, strict=True)) for row in product(*ONE.values())]
    many = next(q.answers for q in FACTS.questions() if q.many)
    tried = [t for n in range(len(many) + 1) for t in combinations(many, n)]
    return [{k: (v,) for k, v in row.items()} | {"tried": t} for row in chosen for t in tried]


@pytest.mark.pathway("PW-072")
def test_no_answers_whatever_lead_to_a_word_about_candidacy():
    seen = set()
    for given in every_combination():
        lines = FACTS.lines(given)
        assert lines, given
        seen |= set(lines)
    assert len(every_combination()) > 9000
    for language in ("en", "es"):
        said = words(language)
        assert seen <= {k.rpartition(".")[2] for k in said if k.startswith("check.line.")}
        for key, line in said.items():
            if key.startswith("check."):
                assert not CLAIM.search(line), key


def test_every_line_of_the_result_is_reached_by_some_answers():
    reached = {line for given in every_combination() for line in FACTS.lines(given)}
    assert reached == {k.rpartition(".")[2] for k in words("en") if k.startswith("check.line.")}


@pytest.mark.parametrize("finding", FACTS.findings())
def test_what_cannot_wait_goes_before_everything_else(finding: str, clinic: object):
    page = browser_of_nobody().post("/self-check/", {"now": [finding]}).content.decode()
    assert "Get help now" in page
    assert "Call for an ambulance now" in page
    assert "What to bring" not in page


def test_a_question_left_out_is_asked_again_and_the_answers_stay(clinic: object):
    found = browser_of_nobody().post("/self-check/", {"kind": ["back"]})
    assert found.status_code == 422
    page = found.content.decode()
    assert page.count("not answered yet") == len(ONE) - 1
    assert page.count(" checked") == 1


def test_nothing_of_the_self_check_is_kept(clinic: object):
    before = EventRow.objects.count()
    browser = browser_of_nobody()
    browser.post("/self-check/", {k: [v[0]] for k, v in ONE.items()})
    assert EventRow.objects.count() == before
    assert "sessionid" not in browser.cookies


# A request for a talk ---------------------------------------------------------------------------


def person() -> str:
    return str(PersonRow.objects.get(name="Rosa Rivera").person)


def asked(**more: str) -> int:
    return int(browser_of_nobody().post("/consult/", FILLED | more).status_code)


@pytest.mark.pathway("PW-072")
def test_a_request_stands_on_the_intake_list_with_what_she_wrote(
    clinic: object, signed_in: SignedIn
):
    nurse = signed_in(Role.NURSE)
    assert asked(answers="kind: back") == 200
    found = rows.load(person())
    said = found.last(ConsultAsked, None)
    assert said is not None
    assert (said.body.name, said.body.born) == ("Rosa Rivera", date(1961, 4, 5))
    assert said.body.answers == ("What is it about? Pain in the back or legs",)
    assert [t.kind for t in due(found, site.rules(), NOW)] == ["consult"]
    assert "Take in her request" in nurse.get("/").content.decode()
    page = nurse.get(f"/people/{found.id}/").content.decode()
    assert "my back" in page
    assert "+1 555 0100" in page


def test_staff_take_her_in_with_what_she_wrote_and_the_list_is_empty(
    clinic: object, signed_in: SignedIn
):
    nurse = signed_in(Role.NURSE)
    asked()
    name = person()
    form = nurse.get(f"/people/{name}/acts/register/").content.decode()
    assert 'value="Rosa Rivera"' in form
    assert 'value="1961-04-05"' in form
    entry = Registered(
        "Rosa Rivera", date(1961, 4, 5), "female", "MRN 77", "main", "Europe/Berlin", "en", False,
        "+1 555 0100",
    )  # fmt: skip
    row = sent("register", entry, 1)
    assert nurse.post(f"/people/{name}/acts/register/", row).status_code == 302
    refer = nurse.get(f"/people/{name}/acts/refer/").content.decode()
    assert "my back" in refer
    referral = Referred("failed-back-surgery-syndrome", "herself", "my back")
    row = sent("refer", referral, 2)
    assert nurse.post(f"/people/{name}/acts/refer/", row).status_code == 302
    assert rows.load(name).place is Place.REFERRED
    assert not TaskRow.objects.filter(person=name, kind="consult")


def test_a_request_is_answered_without_taking_her_in(clinic: object, signed_in: SignedIn):
    nurse = signed_in(Role.NURSE)
    asked()
    name = person()
    row = sent("answer-consult", ConsultAnswered("called; her own doctor first"), 1)
    assert nurse.post(f"/people/{name}/acts/answer-consult/", row).status_code == 302
    assert rows.load(name).last(ConsultAnswered, None) is not None
    assert not TaskRow.objects.filter(person=name)


def test_somebody_born_on_the_same_day_is_shown_and_never_merged(
    treated: Treated, signed_in: SignedIn
):
    treated("back", "screen")
    born = PersonRow.objects.get(person="p1").born
    nurse = signed_in(Role.NURSE)
    asked(born=f"{born:%Y-%m-%d}")
    page = nurse.get(f"/people/{person()}/").content.decode()
    assert "on record already" in page
    assert '/people/p1/"' in page
    assert rows.load("p1").last(ConsultAsked, None) is None


def test_a_double_click_and_the_back_button_send_one_request(clinic: object):
    assert (asked(), asked()) == (200, 200)
    assert PersonRow.objects.filter(name="Rosa Rivera").count() == 1
    assert len(rows.load(person()).events) == 1


def test_what_she_corrects_after_sending_is_never_thanked_and_dropped(clinic: object):
    asked()
    page = browser_of_nobody().post("/consult/", FILLED | {"reach": "+1 555 0199"})
    assert page.status_code == 422
    words = page.content.decode()
    assert "What you changed has not been sent" in words
    assert "+1 555 0199" in words
    (nonce,) = re.findall(r'name="nonce" value="(\w+)"', words)
    assert nonce != FILLED["nonce"]
    assert asked(reach="+1 555 0199", nonce=nonce) == 200
    both = {rows.load(str(r.person)).last(ConsultAsked, None) for r in PersonRow.objects.all()}
    assert {said.body.reach for said in both if said} == {"+1 555 0100", "+1 555 0199"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"reach": " "},
        {"says": ""},
        {"born": "soon"},
        {"born": "2036-01-01"},
        {"born": "1899-12-31"},
        {"agree": ""},
        {"nonce": "short"},
        {"says": "x" * 4001},
    ],
)
def test_a_request_that_lacks_something_is_not_sent(wrong: dict[str, str], clinic: object):
    assert asked(**wrong) == 422
    assert not PersonRow.objects.exists()


def test_what_no_person_sees_is_filled_in_by_no_person(clinic: object):
    assert asked(website="http://spam.example") == 200
    assert not PersonRow.objects.exists()


def test_only_so_many_requests_are_taken_from_one_address(clinic: object):
    for n in range(count("consult_tries")):
        assert asked(nonce=f"{n:032d}") == 200
    assert asked(nonce="f" * 32) == 422


def test_nothing_that_she_wrote_becomes_part_of_a_page(clinic: object, signed_in: SignedIn):
    nurse = signed_in(Role.NURSE)
    asked(says="<script>alert(1)</script>")
    page = nurse.get(f"/people/{person()}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_request_is_nobody_s_to_read_in_another_clinic(clinic: object, signed_in: SignedIn):
    signed_in(Role.NURSE)
    asked()
    other: Client = signed_in(Role.NURSE, "elsewhere", clinic="other")
    assert other.get(f"/people/{person()}/").status_code == 404
