"""The interface for other programs, asked by a fuzzer that has read its description.

Schemathesis makes requests from `schema.json`, right ones and wrong ones: none may end in a fault
of the server, in an answer of another form than described, or in one for somebody who has not
signed in.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from ninja.throttling import AuthRateThrottle
from schemathesis import GenerationMode

from cisterna.clinic.event import Role
from tests.clinic.web.conftest import SignedIn, Treated, browser_of_nobody

PLAIN = {"SECURE_SSL_REDIRECT": False, "ALLOWED_HOSTS": ["localhost", "clinic.example"]}
HARD = settings(
    max_examples=15,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def cookie(signed_in: SignedIn, treated: Treated, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The session of an auditor, who may ask as often as she likes."""
    monkeypatch.setattr(AuthRateThrottle, "allow_request", lambda self, request: True)
    treated("back", "set-goals")
    browser = signed_in(Role.AUDITOR)
    with override_settings(**PLAIN):
        yield f"__Host-session={browser.cookies['__Host-session'].value}"


def described(cookie: str) -> Any:
    """The interface as it describes itself, to whoever asks."""
    headers = {"Cookie": cookie}
    return schemathesis.openapi.from_wsgi("/api/schema.json", WSGIHandler(), headers=headers)


def asks(cookie: str, mode: GenerationMode, look: Callable[[Any, Any], None]) -> set[str]:
    """Ask each operation many times in right or wrong ways; which were asked."""
    schema, asked = described(cookie), set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @HARD
        @given(operation.as_strategy(generation_mode=mode))
        def each(case: Any) -> None:
            case.cookies = dict([cookie.split("=", 1)])  # and none that the fuzzer made up
            look(case, case.call())

        with suppress(Unsatisfiable):  # nothing that can be asked of it is wrong
            each()
        asked.add(operation.path)
    return asked


def test_whatever_is_asked_rightly_the_answer_is_as_described(cookie: str):
    def look(case: Any, answer: Any) -> None:
        assert answer.status_code in (200, 404), answer.text[:300]
        if answer.status_code == 200:
            case.operation.validate_response(answer)

    assert len(asks(cookie, GenerationMode.POSITIVE, look)) == 5


def test_whatever_is_asked_wrongly_is_no_fault_of_the_server(cookie: str):
    def look(case: Any, answer: Any) -> None:
        assert answer.status_code < 500, answer.text[:300]

    asks(cookie, GenerationMode.NEGATIVE, look)


def test_nobody_who_has_not_signed_in_gets_an_answer(cookie: str):
    def look(case: Any, answer: Any) -> None:
        assert answer.status_code == 401, answer.status_code

    asks("__Host-session=none", GenerationMode.POSITIVE, look)
    assert browser_of_nobody().get("/api/people").status_code == 401
