"""A clinic of its own for each test: its record, its members, and somebody at a browser."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tests.django_ready import start

start()

from allauth.core import context  # noqa: E402
from allauth.mfa.totp.internal.auth import TOTP  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.template import Template  # noqa: E402
from django.test import Client, RequestFactory  # noqa: E402

from cisterna.clinic import event  # noqa: E402
from cisterna.clinic.event import Role  # noqa: E402
from cisterna.clinic.ledger.entry import ClinicKind  # noqa: E402
from cisterna.clinic.ledger.record import Record  # noqa: E402
from cisterna.clinic.web import clock, rows  # noqa: E402
from cisterna.clinic.web.members import invite  # noqa: E402
from cisterna.clinic.web.models import Member  # noqa: E402
from tests.clinic.people import SCRIPTS, Course, Script  # noqa: E402
from tests.clinic.web.settings import FOLDER  # noqa: E402

PASSWORD = "correct horse battery staple"  # noqa: S105
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105
NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def emptied() -> Path:
    """Where the tables are, without what another test has left there."""
    place = Path(connection.settings_dict["NAME"])
    if place.parent != FOLDER:
        pytest.fail(f"{place} is not where these tests keep their tables: nothing is removed")
    connection.close()
    for old in FOLDER.glob(f"{place.name}*"):
        old.unlink()
    return place


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty clinic, made once: tables and record."""
    place = emptied()
    Record.create("default", ClinicKind.REAL)
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()
    kept = tmp_path_factory.mktemp("clinic") / "empty.sqlite3"
    shutil.copy(place, kept)
    return kept


@pytest.fixture
def clinic(template: Path) -> Iterator[Record]:
    """A clinic of the test's own, at its own time."""
    shutil.copy(template, emptied())
    cache.clear()
    clock.use(lambda: NOW)
    with pytest.MonkeyPatch.context() as looking:
        looking.setattr(Template, "_render", _nothing_hidden)
        yield Record.open("default")
    clock.use(event.now)
    connection.close()


_render = vars(Template)["_render"]


def _nothing_hidden(page: Template, context: Any) -> str:
    """No page calls something of its own by a name that every page has (the banner went by one)."""
    place = getattr(context, "_processors_index", None)
    if place is not None and str(page.name).endswith(".html"):
        hidden = set(context.dicts[place]) & set(chain.from_iterable(context.dicts[place + 1 :]))
        assert not hidden, (page.name, hidden)
    return str(_render(page, context))


Invited = Callable[..., Member]


@pytest.fixture
def invited(clinic: Record) -> Invited:
    """Somebody with an account and a code from an app."""

    def made(who: str, role: Role, clinic: str = "main", person: str = "") -> Member:
        found, _ = invite(who, role, clinic, PASSWORD, person)
        if found.staff:
            TOTP.activate(found.user, SECRET)
        return found

    return made


SignedIn = Callable[..., Client]


@pytest.fixture
def signed_in(invited: Invited) -> SignedIn:
    """A browser of somebody who has signed in, without the way there."""

    def made(role: Role, who: str = "", **more: Any) -> Client:
        browser = browser_of_nobody()
        name = who or f"{role}-1"
        found = Member.objects.filter(who=name).first() or invited(name, role, **more)
        browser.force_login(found.user, "allauth.account.auth_backends.AuthenticationBackend")
        return browser

    return made


class Browser(Client):
    """A browser that asks the clinic over TLS."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        """Every request."""
        return super().generic(*args, **(kwargs | {"secure": True}))


def browser_of_nobody(**more: Any) -> Browser:
    """A browser in which nobody has signed in."""
    return Browser(SERVER_NAME="clinic.example", **more)


Treated = Callable[..., Course]


@pytest.fixture
def treated(clinic: Record) -> Treated:
    """Somebody on the record, as far on her course as a script has brought her."""

    def made(script: str = "back", until: str = "", person: str = "p1", days: int = 40) -> Course:
        course = Course(person, NOW - timedelta(days=days))
        if until != "register":
            course.through(_script(script), until)
        clinic.append(*course.person.events)
        rows.catch_up()
        return course

    return made


def _script(name: str) -> Script:
    return SCRIPTS[name]


@pytest.fixture
def rf_post(signed_in: SignedIn) -> Any:
    """A form that comes back from the physician who has signed in."""

    def made(row: dict[str, str]) -> Any:
        request = RequestFactory().post("/x/", row, secure=True, SERVER_NAME="clinic.example")
        request.user = Member.objects.get(who="physician-1").user
        context._request_var.set(request)
        return request

    return made
