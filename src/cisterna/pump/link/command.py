"""A command: a head that a role's key has signed, and the arguments whose digest stands in it.

The head is small and of one shape, so that it can be kept as evidence without the programme that
it carried. `authentic` is all that happens before the sender is known: two comparisons, one
look-up, one signature, one digest; every failure looks the same from outside.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from cisterna.pump.link.canonical import Json, Reason
from cisterna.pump.link.proof import Signer, digest, genuine, signed
from cisterna.pump.link.record import Count, Hex32, Hex64, Id, Name, Opaque, Text, plain
from cisterna.pump.link.verbs import NAMES, Role, Verb


@dataclass(frozen=True, slots=True)
class Head:
    """What is signed.

    `pump` is the serial number; `key` the fingerprint of the sender's key; `id` 128 random bits;
    `counter` rises with every command of the key; `base` is the programme version that the sender
    saw; the command is good from `issued_ms` to before `expires_ms` on the pump's clock; `digest`
    is that of the arguments.
    """

    pump: Name
    role: Role
    key: Hex32
    id: Id
    counter: Count
    base: Count
    issued_ms: Count
    expires_ms: Count
    verb: Annotated[str, Text("[a-z_]{1,32}")]
    digest: Hex32


@dataclass(frozen=True, slots=True)
class Command:
    """A signed head with its arguments, as it travels."""

    head: Head
    args: Opaque
    sig: Hex64


@dataclass(frozen=True, slots=True)
class Sender:
    """Who signs: the pump meant, the role, the key and how to sign with it. Makes commands."""

    pump: str
    role: Role
    key: str
    sign: Signer

    def command(
        self, verb: Verb, *, id: str, counter: int, base: int, issued_ms: int, expires_ms: int
    ) -> Command:
        """A signed command for this verb."""
        args = plain(verb)
        if not isinstance(args, dict):
            raise TypeError("a verb is a record")
        head = Head(
            pump=self.pump,
            role=self.role,
            key=self.key,
            id=id,
            counter=counter,
            base=base,
            issued_ms=issued_ms,
            expires_ms=expires_ms,
            verb=NAMES[type(verb)],
            digest=digest("args", args),
        )
        return signed_command(head, args, self.sign)


def signed_command(head: Head, args: dict[str, Json], sign: Signer) -> Command:
    """A command with the signature of its head."""
    return Command(head, args, signed(sign, "command", plain(head)))


def authentic(
    command: Command, pump: str, public_of: Callable[[str, Role], str | None]
) -> Reason | None:
    """None if a known key of that role signed this for this pump, else why not, for the log.

    `public_of` looks up the public key of a key id in a role, None if it is unknown or revoked.
    """
    head = command.head
    if head.pump != pump:
        return Reason.OTHER_PUMP
    public = public_of(head.key, head.role)
    if public is None:
        return Reason.UNKNOWN_KEY
    if not genuine(public, "command", plain(head), command.sig):
        return Reason.BAD_SIGNATURE
    return None if digest("args", command.args) == head.digest else Reason.BAD_SIGNATURE


def same_text(head: Head) -> str:
    """A digest that two commands share only if they are the same, byte for byte."""
    return digest("head", plain(head))
