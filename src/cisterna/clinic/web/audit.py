"""Sign-ins and denied acts: a table of the pages that is written once, and a line for a log.

They are no events of the record: most are about no person, and whoever guesses passwords would fill
the record's chain. The table has the record's triggers against change and removal; each row is a
line of JSON in the log `cisterna.audit` too, so that it can be kept on another machine.
"""

import json
import logging
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from cisterna.clinic.event import now
from cisterna.clinic.web.models import AuditRow

LOG = logging.getLogger("cisterna.audit")
_PATH, _WHO, _WORDS = 300, 150, 1000


def note(
    request: HttpRequest | None, what: str, who: str = "", words: str = "", path: str = ""
) -> None:
    """Write down what was tried, by whom, from where; a stranger's words are cut and kept plain.

    `path` stands for that of the request where an address holds a secret.
    """
    at = now()
    path = path or (request.path[:_PATH] if request else "")
    address = str(request.META.get("REMOTE_ADDR", "")) if request else ""
    name = _clean(who or _name(request))[:_WHO]
    row = {"what": what, "who": name, "address": address[:45], "path": path}
    AuditRow.objects.create(at=at, words=_clean(words)[:_WORDS], **row)
    LOG.info(json.dumps({"at": at.isoformat(), "words": _clean(words)[:_WORDS]} | row))


def listen() -> None:
    """Write down every sign-in, sign-out and failed sign-in."""
    user_logged_in.connect(_in, dispatch_uid="cisterna-in")
    user_logged_out.connect(_out, dispatch_uid="cisterna-out")
    user_login_failed.connect(_failed, dispatch_uid="cisterna-failed")


def _in(request: HttpRequest, user: Any, **_: Any) -> None:
    note(request, "signed-in", user.get_username())


def _out(request: HttpRequest, user: Any, **_: Any) -> None:
    if user is not None:
        note(request, "signed-out", user.get_username())


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    note(request, "sign-in-failed", str(credentials.get("username") or ""))


def _name(request: HttpRequest | None) -> str:
    user = getattr(request, "user", None)
    return user.get_username() if user is not None and user.is_authenticated else ""


def _clean(text: str) -> str:
    """One line: no sign that could begin another line in a log."""
    return "".join(c if c.isprintable() else " " for c in text)
