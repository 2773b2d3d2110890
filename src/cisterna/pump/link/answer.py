"""What a pump answers: accepted, refused or a report, signed by the pump for one asker.

A relay between pump and remote can hold an answer back; it cannot make one, alter one, or pass an
old one off as new, since the answer names the request.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import overload

from cisterna.pump.link.proof import Signer, genuine, signed
from cisterna.pump.link.record import Code, Count, Hex32, Hex64, Id, Name, Opaque, Words, plain


class Kind(StrEnum):
    """The three kinds of response."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Response:
    """What became of a request. `code` names the reason of a refusal, `message` says it in words.

    `content` is what a report shows; integers with their units, read by its own schema.
    """

    kind: Kind
    code: Code | None = None
    message: Words = ""
    content: Opaque | None = None


ACCEPTED = Response(Kind.ACCEPTED)


def refused(code: str, message: str) -> Response:
    """A refusal: nothing was done."""
    return Response(Kind.REFUSED, code, message)


def report(content: Opaque) -> Response:
    """A reading of the pump."""
    return Response(Kind.REPORT, content=content)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to the command `id` of `key`, at pump time `at_ms`, programme `version`.

    Every counter up to `counter` is used: the next command takes a higher one.
    """

    pump: Name
    key: Hex32
    id: Id
    at_ms: Count
    version: Count
    counter: Count
    response: Response


@dataclass(frozen=True, slots=True)
class Greeting:
    """The pump's clock and programme version, for the caller who chose `nonce`."""

    pump: Name
    nonce: Id
    at_ms: Count
    version: Count


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """An answer under the pump's key."""

    body: Answer
    sig: Hex64


@dataclass(frozen=True, slots=True)
class SignedGreeting:
    """A greeting under the pump's key."""

    body: Greeting
    sig: Hex64


Sealed = SignedAnswer | SignedGreeting


@overload
def seal(body: Answer, sign: Signer) -> SignedAnswer: ...
@overload
def seal(body: Greeting, sign: Signer) -> SignedGreeting: ...
def seal(body: Answer | Greeting, sign: Signer) -> Sealed:
    """Sign with the pump's key."""
    if isinstance(body, Answer):
        return SignedAnswer(body, signed(sign, "answer", plain(body)))
    return SignedGreeting(body, signed(sign, "greeting", plain(body)))


def from_pump(sealed: Sealed, public: str) -> bool:
    """Whether the pump with this public key said so; for whoever reads answers."""
    purpose = "answer" if isinstance(sealed, SignedAnswer) else "greeting"
    return genuine(public, purpose, plain(sealed.body), sealed.sig)
