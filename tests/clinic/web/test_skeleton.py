from cisterna.clinic.event import Role


def test_pages(signed_in, treated):
    treated("back", "refer")
    nurse = signed_in(Role.NURSE)
    for page in (
        "/",
        "/people/",
        "/people/p1/",
        "/people/new/",
        "/emergency/",
        "/people/p1/acts/screen/",
        "/account/enrol/",
    ):
        found = nurse.get(page)
        assert found.status_code == 200, (page, found)
        assert "Content-Security-Policy" in found.headers
    auditor = signed_in(Role.AUDITOR)
    for page in (
        "/",
        "/people/p1/",
        "/audit/",
        "/audit/export/",
        "/audit/access/",
        "/api/people",
        "/api/people/p1",
        "/api/tasks",
        "/api/audit",
        "/api/verify",
        "/api/schema.json",
    ):
        found = auditor.get(page)
        assert found.status_code == 200, (page, found, found.content[:300])
    admin = signed_in(Role.ADMIN)
    assert admin.get("/members/").status_code == 200
