"""She is heard between visits: messages, her diary, and whom she lets see what."""

import re
from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import check_seen, need_words, once, refuse
from cisterna.clinic.bodies.hers import AccessGiven, BurdenLogged, DiaryWritten, MessageSent
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.burden import KINDS
from cisterna.clinic.event import Role
from cisterna.clinic.messages import thread_of
from cisterna.facts.library import known

_HEARD = "pathway §1.6 PW-057"
_MOST = 4000
_ANYWHERE = (None, *Place)
_DOSE = ("", "before", "after")
_BURDEN = "pathway §1.4 PW-033"
_DAY_MINUTES = 24 * 60
_MONEY = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?")
_CURRENCY = re.compile("[A-Z]{3}")


@act("send-message", *_ANYWHERE)
def send_message(case: Case, asked: MessageSent) -> Iterator[Any]:
    """Write to the team, or to her: a new thread, or the next message of one."""
    _check_text(asked.text, "message")
    if asked.thread and thread_of(case.person, asked.thread) is None:
        refuse("no-such-thread", "There is no such thread.", "Begin a new one.", _HEARD)
    yield asked


@act("write-diary", *_ANYWHERE)
def write_diary(case: Case, asked: DiaryWritten) -> Iterator[Any]:
    """Write into her diary; an entry may be of a time before, never of one to come."""
    check_seen(case, asked.seen, _HEARD)
    known(asked.dose, _DOSE, "moment of a dose")
    if asked.pain is not None and str(asked.pain) not in case.rules.scale("numeric-pain"):
        refuse("not-on-scale", "Pain is 0 to 10.", "Choose one.", "pathway §6.1, row NRS")
    if asked.pain is None and not asked.did.strip() and not asked.says.strip():
        refuse("words-missing", "An entry says something.", "Write it.", _HEARD)
    _check_length(f"{asked.did}{asked.says}", "entry")
    yield asked


@act("log-burden", *_ANYWHERE)
def log_burden(case: Case, asked: BurdenLogged) -> Iterator[Any]:
    """Note what a day with the treatment took: journey, time and money (PW-033)."""
    known(asked.kind, KINDS, "kind of burden")
    if asked.day > case.at.date():
        refuse("wrong-time", "That day has not come.", "Give the day.", _BURDEN)
    if not 0 <= asked.minutes <= _DAY_MINUTES:
        text = f"A day has {_DAY_MINUTES} minutes."
        refuse("not-on-scale", text, "Give the minutes of that day.", _BURDEN)
    if asked.cost and (_MONEY.fullmatch(asked.cost) is None or not asked.currency):
        text = "A cost is a number such as 12.50, with its currency."
        refuse("not-money", text, "Write both, or leave both empty.", _BURDEN)
    if asked.currency and (_CURRENCY.fullmatch(asked.currency) is None or not asked.cost):
        text = "A currency has three letters, such as EUR, and goes with a cost."
        refuse("not-money", text, "Write both, or leave both empty.", _BURDEN)
    _check_length(asked.says, "entry")
    yield asked


@act("give-access", *_ANYWHERE)
def give_access(case: Case, asked: AccessGiven) -> Iterator[Any]:
    """Let somebody who cares for her see and do these things, and nothing else; () ends it."""
    if case.actor.role is not Role.PATIENT:
        case.need_why("She sets it herself; staff set it for somebody who cannot.", _HEARD)
    need_words(asked.caregiver, "who cares for her", _HEARD)
    once(asked.may, "right", _HEARD)
    for right in asked.may:
        known(right, case.rules.rights(), "right")
    yield asked


def _check_text(text: str, what: str) -> None:
    need_words(text, what, _HEARD)
    _check_length(text, what)


def _check_length(text: str, what: str) -> None:
    if len(text) > _MOST:
        words = f"The {what} has {len(text)} signs; at most {_MOST}."
        refuse("too-long", words, "Make it shorter, or write two.", _HEARD)
