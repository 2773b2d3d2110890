"""Who may ask what, and what each verb needs: the whole of the link's policy as one table.

All figures here are protocol constants of our own choice; none of them is a dose or belongs to a
pump's model. Times are ms on the pump's clock.
"""

from dataclasses import dataclass

from cisterna.pump.link.verbs import VERBS, Role

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

AHEAD_MS = 2 * SECOND
"""How far a sender's idea of the pump's clock may run ahead of it."""
COUNTERS_AHEAD = 64
"""Counters reserved at a time: after a restart, so many at most are skipped unused."""
RESULTS_KEPT = 16
"""Results of acting commands remembered for each key, for its retries."""
MOST_KEYS = 32
"""Keys in one pump at a time."""
KEPT_MARKS = 64
"""Revoked keys and used codes remembered."""

PROXIMITY_MS = MINUTE
"""How long a physical touch counts; one act uses it up."""
PAIRING_MS = 3 * MINUTE
"""How long a pairing window is open."""
PAIRING_TRIES = 3
"""Wrong proofs until a pairing window closes."""
PAIRINGS_PER_HOUR = 3
"""Pairing windows in any hour, of all programmers."""
READER_MS = 10 * MINUTE
"""How long an emergency reader is known after a touch."""
READERS_PER_HOUR = 6
"""Emergency readers let in during any hour."""

LEASE_MS = 30 * SECOND
"""Silence after which a programming session counts as lost."""

STRANGERS_PER_HOUR = 20
"""Handshakes that the pump will take from peers who have not proven a key."""
REMOTES_PER_HOUR = 120
"""Times one remote may wake the pump; a programmer is never counted out."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one verb needs.

    `session`: the sender holds the programming session. `current`: it names the running programme's
    version. `acts`: its result is kept, so that a retry is answered and never acted on twice.
    `window_ms`: the longest time from issue to expiry; None for the knock, which is sent before
    the sender can know the pump's clock.
    """

    roles: frozenset[Role]
    session: bool = False
    current: bool = False
    acts: bool = True
    window_ms: int | None = MINUTE


_P, _R, _E = Role.PROGRAMMER, Role.REMOTE, Role.EMERGENCY


def _change() -> Rule:
    return Rule(frozenset({_P}), session=True, current=True)


def _read(*roles: Role) -> Rule:
    return Rule(frozenset(roles), acts=False)


def _act(*roles: Role) -> Rule:
    return Rule(frozenset(roles))


RULES: dict[str, Rule] = {
    "knock": Rule(frozenset({_P, _R, _E}), acts=False, window_ms=None),
    "interrogate": _read(_P),
    "read_back": Rule(frozenset({_P}), session=True, acts=False),
    "read_state": _read(_R, _E),
    "open_session": _act(_P),
    "take_over": _act(_P),
    "close_session": Rule(frozenset({_P}), session=True),
    "stage": _change(),
    "confirm": _change(),
    "activate": _change(),
    "clinician_bolus": _change(),
    "prime": _change(),
    "record_line": _change(),
    "refill": _change(),
    "restart": _change(),
    "clock_set": _change(),
    "mri_begin": _change(),
    "mri_end": _change(),
    "reconcile": _change(),
    "stop": _act(_P, _E),
    "minimum_rate": _act(_E),
    "alarm_silence": _act(_P),
    "alarm_acknowledge": _act(_P),
    "pair_begin": _act(_P),
    "revoke": _act(_P),
    "ask_dose": Rule(frozenset({_R}), current=True, window_ms=15 * SECOND),
    "stop_dose": _act(_R),
}


def may(role: Role, name: str) -> bool:
    """Whether this role may ever ask this; a verb that is not in the table is asked by nobody."""
    return name in VERBS and role in RULES[name].roles
