"""What she, or who cares for her, brings to the record: messages, diary, wishes, her card."""

from dataclasses import dataclass
from datetime import date, datetime

from cisterna.clinic.event import event


@event
@dataclass(frozen=True, slots=True)
class MessageSent:
    """A message between her and the team; `thread` is the id of its first one, nothing is new."""

    text: str
    thread: str = ""


@event
@dataclass(frozen=True, slots=True)
class DiaryWritten:
    """An entry of her diary: when it was so, pain 0 to 10 if she gives it, what she did.

    `dose` says whether it was before or after a dose that she asked for, or neither.
    """

    seen: datetime
    pain: int | None
    did: str
    says: str = ""
    dose: str = ""


@event
@dataclass(frozen=True, slots=True)
class BurdenLogged:
    """What her treatment took on one day: for what, where, and how long she was taken up by it.

    `minutes` are those from door to door. `cost` is what she paid herself, a decimal number of
    `currency` (three letters, ISO 4217); both are empty where she paid nothing or does not say.
    """

    day: date
    kind: str
    at_home: bool
    minutes: int
    cost: str = ""
    currency: str = ""
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class AccessGiven:
    """What somebody who cares for her may see and do from here on; nothing at all ends it."""

    caregiver: str
    may: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weight:
    """How much one thing matters to her, 0 to 4."""

    value: str
    weight: int


@event
@dataclass(frozen=True, slots=True)
class OptionsRanked:
    """What matters to her and the options in her own order, first the one she likes best."""

    version: str
    weights: tuple[Weight, ...]
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """One question of the teach-back and the answer that she chose."""

    question: str
    answer: str


@event
@dataclass(frozen=True, slots=True)
class TeachBackTaken:
    """Her answers to the questions of a version of the decision aid, and how many were right."""

    version: str
    answers: tuple[Answered, ...]
    right: int


@event
@dataclass(frozen=True, slots=True)
class QuestionsKept:
    """What she wants to ask her team; the whole list, anew at each change."""

    questions: tuple[str, ...]


@event
@dataclass(frozen=True, slots=True)
class CardIssued:
    """An emergency card: the digest of its secret address, and when it ends by itself."""

    digest: str
    until: datetime


@event
@dataclass(frozen=True, slots=True)
class CardEnded:
    """A card is no longer good: it was lost, or another took its place."""

    digest: str


@event
@dataclass(frozen=True, slots=True)
class ConsultAsked:
    """Somebody whom nobody here knows asks for a talk: who, how to reach, and in her own words.

    `answers` are those of the self-check, where she sends them along.
    """

    clinic: str
    name: str
    born: date
    reach: str
    language: str
    interpreter_needed: bool
    says: str
    answers: tuple[str, ...] = ()


@event
@dataclass(frozen=True, slots=True)
class ConsultAnswered:
    """The clinic has answered without taking her in, and why."""

    says: str
