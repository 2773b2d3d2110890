"""Whom somebody may see, and the broken glass of the record."""

from datetime import timedelta

import pytest
from django.db import DatabaseError

from cisterna.clinic.bodies.access import ChartOpened
from cisterna.clinic.event import Role
from cisterna.clinic.web import clock, rows
from cisterna.clinic.web.models import AuditRow, TaskRow
from tests.clinic.web.conftest import NOW, Invited, SignedIn, Treated, browser_of_nobody

PAGES = ("/people/p1/", "/people/p1/acts/screen/", "/api/people/p1")
LISTS = ("/", "/people/", "/people/?q=Moss", "/emergency/?q=Moss", "/api/people", "/api/tasks")


def test_a_person_of_another_clinic_does_not_exist(signed_in: SignedIn, treated: Treated):
    """ASVS 8.2.2, 8.4.1: the same answer as for nobody, on every page and in every list."""
    treated("back", "plan-implant")
    elsewhere = signed_in(Role.NURSE, "n-away", clinic="elsewhere")
    nobody = elsewhere.get("/people/p404/").status_code
    assert [elsewhere.get(page).status_code for page in PAGES] == [nobody] * len(PAGES)
    for page in LISTS:
        assert "Ada Moss" not in elsewhere.get(page).content.decode(), page
    sent = elsewhere.post("/people/p1/acts/set-goals/", {"base": 1, "goals": "x"})
    assert sent.status_code == 404
    assert AuditRow.objects.filter(what="denied", who="n-away").exists()


def test_a_patient_sees_herself_and_nobody_else(signed_in: SignedIn, treated: Treated):
    treated("back", "commit")
    treated("palsy", "commit", "p2")
    patient = signed_in(Role.PATIENT, person="p1")
    assert patient.get("/")["Location"] == "/my/"
    assert "Ada Moss" in patient.get("/my/").content.decode()
    for person in ("p1", "p2"):
        assert patient.get(f"/people/{person}/").status_code == 403
        assert patient.get(f"/people/{person}/acts/set-goals/").status_code == 403
    assert patient.get("/people/new/").status_code == 403


def test_an_administrator_sees_no_clinical_data(signed_in: SignedIn, treated: Treated):
    treated("back", "commit")
    admin = signed_in(Role.ADMIN)
    for page in (*PAGES, *LISTS[1:], "/audit/", "/audit/export/", "/people/p1/open/"):
        assert admin.get(page).status_code == 403, page
    assert admin.get("/")["Location"] == "/members/"


def test_only_an_auditor_reads_the_whole_record_and_changes_nothing(
    signed_in: SignedIn, treated: Treated
):
    treated("back", "commit")
    for role in (Role.PHYSICIAN, Role.NURSE, Role.PATIENT, Role.ADMIN):
        person = "p1" if role is Role.PATIENT else ""
        browser = signed_in(role, person=person)
        for page in ("/audit/", "/audit/export/", "/api/audit", "/api/verify"):
            assert browser.get(page).status_code == 403, (role, page)
    auditor = signed_in(Role.AUDITOR)
    assert auditor.get("/people/p1/").status_code == 200
    assert auditor.get("/people/p1/acts/set-goals/").status_code == 403


def test_the_glass_is_broken_with_a_reason_that_stands_on_the_record_and_is_told(
    signed_in: SignedIn, treated: Treated
):
    """45 CFR 164.312: emergency access logs the reason and alerts."""
    treated("back", "commit")
    away = signed_in(Role.PHYSICIAN, "dr-away", clinic="elsewhere")
    assert away.get("/people/p1/open/").status_code == 200
    assert away.post("/people/p1/open/", {"why": "  "}).status_code == 422
    assert away.get("/people/p1/").status_code == 404
    assert away.post("/people/p1/open/", {"why": "fever, confused, in our ward"}).status_code == 302
    assert away.get("/people/p1/").status_code == 200
    opened = rows.load("p1").last(ChartOpened, None)
    assert opened is not None
    assert (opened.by.who, opened.body.clinic) == ("dr-away", "elsewhere")
    own = signed_in(Role.PHYSICIAN, "dr-own").get("/").content.decode()
    assert "Review why dr-away opened this record" in own


def test_a_broken_glass_is_whole_again_after_its_time(signed_in: SignedIn, treated: Treated):
    treated("back", "commit")
    away = signed_in(Role.NURSE, "n-away", clinic="elsewhere")
    away.post("/people/p1/open/", {"why": "urgent"})
    assert away.get("/people/p1/").status_code == 200
    clock.use(lambda: NOW + timedelta(hours=12))
    assert away.get("/people/p1/").status_code == 404


def test_a_review_closes_what_was_told(signed_in: SignedIn, treated: Treated):
    treated("back", "commit")
    signed_in(Role.NURSE, "n-away", clinic="elsewhere").post("/people/p1/open/", {"why": "urgent"})
    assert TaskRow.objects.count() == 1
    person = rows.load("p1")
    row = {"base": len(person.events), "opening": person.events[-1].id, "right": "yes"}
    done = signed_in(Role.NURSE, "n-own").post("/people/p1/acts/review-opening/", row)
    assert done.status_code == 302
    assert TaskRow.objects.count() == 0


def test_a_stranger_is_sent_to_sign_in_and_the_api_says_no(clinic: object):
    nobody = browser_of_nobody()
    for page in (*PAGES[:2], "/", "/people/", "/audit/", "/members/"):
        assert nobody.get(page)["Location"].startswith("/account/login/"), page
    assert nobody.get("/api/people").status_code == 401


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_audit_of_sign_ins_is_written_once(invited: Invited, change: str):
    """ASVS 16.4.2: the database itself refuses."""
    invited("n-1", Role.NURSE)
    with pytest.raises(DatabaseError, match="append-only"):
        AuditRow.objects.update(who="x") if change == "update" else AuditRow.objects.all().delete()
