"""Which bounds are searched: small ones in every run, larger and the widest in the campaign."""

from collections.abc import Mapping

from tests.pump.model import core, world

PROGRAMMING = ("open_session", "stage:fast", "confirm:fast", "activate")
TAKING_OVER = ("take_over", "stage:bridged", "confirm:bridged", "activate")
ASKS = ("remote", ("ask_dose",))
_A, _B = ("A", PROGRAMMING), ("B", TAKING_OVER)
_CHANGE = (("open", 1), ("stage", 1), ("confirm", 1), ("activate", 1), ("ask", 1))

CORES: Mapping[str, core.Bounds] = {
    "pump alone: programming": core.Bounds(
        (
            ("open", 0),
            ("stage", 0),
            ("confirm", 0),
            ("confirm another", 0),
            ("activate", 0),
            ("activate on an older version", 0),
            ("end", 0),
            ("ask", 1),
        )
    ),
    "pump alone: doses": core.Bounds((("ask", 0), ("bolus", 1), ("line", 1), ("prime", 1))),
    "pump alone: doses that are stopped": core.Bounds((("ask", 0), ("stop the dose", 0))),
    "pump alone: down to empty": core.Bounds((("ask", 1), ("refill", 0)), deep=False),
}
"""The pump alone; any number of quarters of a day."""

WORLDS: Mapping[str, world.Bounds] = {
    "every command again in every state": world.Bounds((_A, ASKS), longs=1, losses=1),
    "two programmers at one moment": world.Bounds((_A, _B), longs=0, spent=True),
    "a programmer, one who takes over, a remote and a power loss": world.Bounds(
        (_A, ("B", ("take_over",)), ASKS), longs=0, losses=1, spent=True
    ),
    "a bolus, doses and power losses, in time without end": world.Bounds(
        (("A", ("open_session", "clinician_bolus")), ("remote", ("ask_dose", "stop_dose"))),
        losses=1,
        spent=True,
    ),
}
"""The world in the default run."""

MORE_CORES: Mapping[str, core.Bounds] = {
    "pump alone: stalls, a stop and a memory in doubt": core.Bounds(
        (
            ("stall", 1),
            ("memory", 1),
            ("acknowledge", 0),
            ("restart", 0),
            ("stop", 1),
            ("ask", 1),
        ),
        dark=1,
    ),
    "pump alone: a fault of the flow and a memory in doubt": core.Bounds(
        (("memory", 1), ("flow fault", 1), ("acknowledge", 0), ("restart", 0), ("ask", 1)),
        dark=1,
    ),
    "pump alone: a bridge and a stop": core.Bounds(
        (*_CHANGE, ("stop", 1), ("restart", 0)),
        next="bridged",
        dark=1,
    ),
    "pump alone: doses, a bolus, a prime and a power loss": core.Bounds(
        (
            ("ask", 0),
            ("stop the dose", 0),
            ("bolus", 1),
            ("line", 1),
            ("prime", 1),
            ("reconcile", 0),
        ),
        dark=1,
    ),
    "pump alone: doses, a bolus and two power losses": core.Bounds(
        (("ask", 0), ("stop the dose", 0), ("bolus", 1), ("reconcile", 0)), dark=2
    ),
    "pump alone: doses, a clock that is set and two power losses": core.Bounds(
        (("ask", 0), ("reconcile", 0), ("clock", 1)), dark=2
    ),
}

MORE_WORLDS: Mapping[str, world.Bounds] = {
    "two programmers, a remote and a power loss, at one moment": world.Bounds(
        (_A, _B, ASKS), longs=0, losses=1, spent=True
    ),
    "the same with one who only takes over, a cut connection and a quarter of a day": world.Bounds(
        (_A, ("B", ("take_over",)), ASKS), longs=1, losses=1, cuts=1, spent=True
    ),
    "every command again in every state, with one who takes over": world.Bounds(
        (_A, ("B", ("take_over",)), ASKS), longs=1, losses=1, cuts=1
    ),
    "every command again in every state, with one who takes over and gives a bolus": world.Bounds(
        (_A, ("B", ("take_over", "clinician_bolus")), ASKS), longs=0, losses=1
    ),
    "two programmers": world.Bounds((_A, _B), spent=True),
    "two programmers and a remote": world.Bounds((_A, _B, ASKS), cuts=1, spent=True),
    "two programmers and the quarters of a day": world.Bounds((_A, _B, ASKS), longs=2, spent=True),
    "two programmers and a lease that lapses, within a quarter of a day": world.Bounds(
        (_A, ("B", ("open_session", "stop")), ASKS), shorts=2, longs=1, spent=True
    ),
    "stop, restart, minimum rate and doses, in time without end": world.Bounds(
        (
            ("A", ("stop", "open_session", "restart")),
            ("remote", ("ask_dose", "stop_dose")),
            ("reader", ("minimum_rate",)),
        ),
        losses=1,
        spent=True,
    ),
    "prime, minimum rate and a dose, in time without end": world.Bounds(
        (
            ("A", ("open_session", "record_line", "prime", "close_session")),
            ("remote", ("ask_dose",)),
            ("reader", ("minimum_rate",)),
        ),
        losses=1,
        spent=True,
    ),
    "an unknown outcome and its acknowledgement, in time without end": world.Bounds(
        (("A", ("open_session", "reconcile", "close_session")), ("remote", ("ask_dose",) * 2)),
        losses=2,
        spent=True,
    ),
    "an empty reservoir and a refill, in time without end": world.Bounds(
        (("A", ("open_session", "refill")), ("remote", ("ask_dose",))),
        losses=1,
        spent=True,
        reservoir_nl=6 * 60_000,
    ),
}
"""Searched to their end by the campaign."""

WIDER_CORES: Mapping[str, core.Bounds] = {
    "pump alone: faults": core.Bounds(
        (
            ("stall", 2),
            ("memory", 2),
            ("flow fault", 1),
            ("acknowledge", 0),
            ("restart", 0),
            ("stop", 1),
            ("ask", 1),
        ),
        dark=1,
    ),
    "pump alone: a bridge, interrupted": core.Bounds(
        (*_CHANGE, ("bolus", 1), ("stop", 1), ("restart", 0), ("minimum", 1)),
        next="bridged",
        dark=1,
    ),
    "pump alone: doses and power losses": core.Bounds(
        (
            ("ask", 0),
            ("ask too late", 0),
            ("stop the dose", 0),
            ("bolus", 1),
            ("line", 1),
            ("prime", 1),
            ("reconcile", 0),
            ("clock", 1),
        ),
        dark=2,
    ),
}

WIDER_WORLDS: Mapping[str, world.Bounds] = {
    "two programmers, a remote and a power loss": world.Bounds(
        (_A, _B, ASKS), losses=1, spent=True
    ),
    "two programmers and a lease that lapses": world.Bounds(
        (_A, ("B", ("open_session", "stop")), ASKS), shorts=3, spent=True
    ),
    "every command again in every state, with a second programmer": world.Bounds(
        (_A, ("B", ("take_over", "clinician_bolus")), ASKS), shorts=1, longs=1, losses=1, cuts=1
    ),
}
"""Too wide to be searched to their end in an hour; the campaign comes as far as its time lasts."""
