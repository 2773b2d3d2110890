"""She is heard: diary, messages, her language; and the team takes up what she says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cisterna.clinic.acts.act import EVERYWHERE, Case, act
from cisterna.clinic.acts.asked import check_seen, need_words, refuse
from cisterna.clinic.acts.emergency import Report, triaged
from cisterna.clinic.bodies.voice import (
    DiaryWritten,
    LanguageStated,
    MessageAnswered,
    MessageSent,
    ReportAnswered,
)
from cisterna.clinic.heard import open_reports, talks
from cisterna.clinic.since import drugs_on_record
from cisterna.clinic.triage import triage
from cisterna.facts.library import known

_DIARY, _TALK, _TRIAGE = "pathway §9.3, diary", "pathway §1.6 PW-057", "pathway §6.4"
ABOUT = ("day", "before-dose", "after-dose")
"""What an entry of the diary is about."""


@act("write-diary")
def write_diary(case: Case, asked: DiaryWritten) -> Iterator[Any]:
    """Write one entry: pain, what she did, what she wants to say; one of them at least."""
    check_seen(case, asked.seen, _DIARY)
    known(asked.about, ABOUT, "kind of entry")
    if asked.pain is None and not (asked.did.strip() or asked.says.strip()):
        refuse("nothing-said", "An entry says something.", "Score the pain, or write.", _DIARY)
    scale = case.rules.scale("numeric-pain")
    if asked.pain is not None and str(asked.pain) not in scale:
        text = f"Pain is a whole number from {scale[0]} to {scale[-1]}; found {asked.pain}."
        refuse(
            "not-on-scale", text, "Score it.", "pathway §1.3 PW-020", f"{scale[0]} to {scale[-1]}"
        )
    yield asked


@dataclass(frozen=True, slots=True)
class Message:
    """A message and the answers to the red-flag questions that come before it; none is none."""

    thread: str
    subject: str
    says: str
    findings: tuple[str, ...] = ()


@act("send-message")
def send_message(case: Case, asked: Message) -> Iterator[Any]:
    """Write to the team. What her answers report is triaged at once; her words are not guessed at."""
    need_words(asked.says, "the message", _TALK)
    if asked.thread:
        known(asked.thread, [talk.id for talk in talks(case.person)], "talk")
    else:
        need_words(asked.subject, "what it is about", _TALK)
    drugs = drugs_on_record(case.person)
    found = triage(asked.findings or ("question",), drugs, case.rules.library)
    yield MessageSent(asked.thread, asked.subject, asked.says, str(found.level))
    if asked.findings:
        yield from triaged(case, Report(asked.findings, asked.says))


@act("answer-message")
def answer_message(case: Case, asked: MessageAnswered) -> Iterator[Any]:
    """Answer in a talk."""
    known(asked.thread, [talk.id for talk in talks(case.person)], "talk")
    need_words(asked.says, "the answer", _TALK)
    yield asked


@act("answer-report")
def answer_report(case: Case, asked: ReportAnswered) -> Iterator[Any]:
    """Take up what was reported from home, and say what came of it."""
    known(asked.report, [said.id for said in open_reports(case.person)], "open report")
    need_words(asked.says, "what was done", _TRIAGE)
    yield asked


@act("state-language", *EVERYWHERE)
def state_language(case: Case, asked: LanguageStated) -> Iterator[Any]:
    """Say which language she wants to be spoken to in, and whether an interpreter is needed."""
    need_words(asked.language, "the language", _TALK)
    yield asked
