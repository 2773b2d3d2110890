"""The emergency card: made and ended by her, read by whoever has it, and by nobody else."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from cisterna.clinic.bodies.hers import CardEnded, CardIssued
from cisterna.clinic.event import Role
from cisterna.clinic.web import clock, rows
from cisterna.clinic.web.models import AuditRow
from cisterna.facts import Cards
from cisterna.facts.access import count
from tests.clinic.people import Course
from tests.clinic.web.conftest import NOW, SignedIn, Treated, browser_of_nobody


@pytest.fixture
def she(her: Course, signed_in: SignedIn) -> Client:
    """Her at her own pages."""
    return signed_in(Role.PATIENT, "her", person="p1")


def made(she: Client) -> str:
    """The path of her new card."""
    assert she.post("/my/card/", {}).status_code == 302
    page = she.get("/my/card/").content.decode()
    return str(re.findall(r"https://clinic.example(/card/[^<\"]+/)", page)[0])


def opened(path: str, **more: str) -> tuple[int, str]:
    """What somebody without an account sees there."""
    found = browser_of_nobody(**more).get(path)
    return found.status_code, found.content.decode()


def test_whoever_has_the_card_reads_what_to_do_without_an_account(she: Client):
    status, page = opened(made(she))
    assert status == 200
    for words in ("Ada Moss", "morphine", "2 mg/mL", "0.54 mg/day", "Opioid overdose", "Naloxone"):
        assert words in page
    assert "1.5 T" in page
    assert "Do not stop the pump without covering" in page
    assert "<form" not in page.partition("<main")[2]


def test_the_card_in_spanish_has_spanish_lines_and_says_who_has_not_read_them(she: Client):
    path = made(she)
    page = browser_of_nobody().get(path, headers={"accept-language": "es"}).content.decode()
    assert "Sobredosis de opioide" in page
    assert "Un médico todavía no la ha revisado" in page
    for label in ("Clínica", "Última recarga", "Volumen del catéter", "Alergias", "Punta"):
        assert f"<dt>{label}</dt>" in page
    assert "NO SE SABE" in page
    assert "NOT KNOWN" not in page


def test_every_line_of_every_card_has_its_spanish():
    facts = Cards()
    cards = [facts.fallback(), *(facts.card(name) for name in facts.ids())]
    for card in cards:
        assert card.title_es.strip()
        for line in (*card.recognise, *card.do):
            assert line.es.strip()
            assert re.findall(r"\d+(?:\.\d+)?", line.es) == re.findall(r"\d+(?:\.\d+)?", line.text)
    assert len(facts.head()) == len(facts.head(spanish=True))


def test_a_card_that_she_has_ended_opens_nothing(she: Client):
    path = made(she)
    assert she.post("/my/card/", {"do": "end"}).status_code == 302
    assert opened(path)[0] == 404
    assert rows.load("p1").last(CardEnded, None) is not None


def test_a_card_ends_by_itself(she: Client):
    path = made(she)
    clock.use(lambda: NOW + timedelta(days=366))
    assert opened(path)[0] == 404


def test_a_guessed_or_bent_address_opens_nothing(she: Client):
    path = made(she)
    event = path.split("/")[2].partition("~")[0]
    for bent in (path[:-4] + "aaa/", f"/card/{event}/", "/card/p1.3~abc/", "/card/x/"):
        assert opened(bent)[0] == 404


def test_guessing_from_one_address_is_slowed(she: Client):
    path = made(she)
    for _ in range(count("card_tries")):
        opened("/card/p1.1~guess/", REMOTE_ADDR="192.0.2.9")
    status, page = opened(path, REMOTE_ADDR="192.0.2.9")
    assert status == 429
    assert "Wait a minute" in page
    assert opened(path, REMOTE_ADDR="192.0.2.10")[0] == 200


def test_the_record_and_the_audit_keep_nothing_that_opens_the_card(she: Client):
    path = made(she)
    opened(path)
    secret = path.split("~")[1].rstrip("/")
    said = rows.load("p1").last(CardIssued, None)
    assert said is not None
    assert secret not in said.body.digest
    assert not [row for row in AuditRow.objects.all() if secret in f"{row.path} {row.words}"]
    assert AuditRow.objects.filter(what="card-opened", who="p1").count() == 1
    assert "Opened on" in she.get("/my/card/").content.decode()


def test_the_page_of_a_card_is_in_no_cache_and_no_search_and_leaks_no_address(she: Client):
    found = browser_of_nobody().get(made(she))
    assert found["Cache-Control"] == "no-store"
    assert "noindex" in found["X-Robots-Tag"]
    assert found["Referrer-Policy"] == "no-referrer"


def test_the_printed_card_helps_without_a_network(she: Client):
    made(she)
    page = she.get("/my/card/").content.decode()
    wallet = page.partition('<div class="wallet">')[2]
    for words in ("morphine", "0.54 mg/day", "Too much: very sleepy", "Too little: pain", "MRI"):
        assert words in wallet
    assert "NOT KNOWN" in wallet


def test_a_new_card_leaves_the_old_one_good_until_it_is_ended(she: Client):
    first, second = made(she), made(she)
    assert first != second
    assert (opened(first)[0], opened(second)[0]) == (200, 200)


def test_after_a_change_of_dose_the_card_asks_to_be_printed_again(her: Course, she: Client):
    clock.use(lambda: her.at)
    made(she)
    assert "Print it again" not in she.get("/my/card/").content.decode()


def test_without_a_pump_there_is_no_card(treated: Treated, signed_in: SignedIn):
    treated("back", "refer")
    found = signed_in(Role.PATIENT, "her", person="p1").post("/my/card/", {})
    assert found.status_code == 422
    assert "A card is for somebody with a pump" in found.content.decode()


def test_the_team_prints_a_card_for_her_and_other_clinics_do_not(she: Client, signed_in: SignedIn):
    nurse = signed_in(Role.NURSE)
    assert nurse.post("/people/p1/card/", {}).status_code == 302
    assert "qr" in nurse.get("/people/p1/card/").content.decode()
    assert (
        signed_in(Role.NURSE, "elsewhere", clinic="other").get("/people/p1/card/").status_code
        == 404
    )
    assert signed_in(Role.AUDITOR).get("/people/p1/card/").status_code == 403


def test_another_patient_has_no_part_in_it(she: Client, signed_in: SignedIn):
    made(she)
    assert signed_in(Role.PATIENT, "other", person="p2").get("/my/card/").status_code == 404
    mother = signed_in(Role.CAREGIVER, "mother", person="p1")
    assert mother.get("/my/card/").status_code == 403
    she.post("/my/access/", {"who": "mother", "may": ["card"]})
    assert mother.get("/my/card/").status_code == 200
