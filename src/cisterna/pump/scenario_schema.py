"""The scenario file (`cisterna/scenario/1`) as a form, and as JSON Schema.

The keys of an event depend on what happens, so `Happenings` reads each row against the form of
its kind. The same forms are published as JSON Schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cisterna.order.form import (
    Amount,
    Choice,
    Field,
    Flag,
    Form,
    Moment,
    Problem,
    Text,
    shown,
)
from cisterna.pump.alarms import kinds as alarm_kinds
from cisterna.pump.scenario_fields import Anything, Deviation, Factor, Lasting, Seed, Since
from cisterna.quantity import MASS, VOLUME

SCENARIO = "cisterna/scenario/1"

_MOST_EVENTS = 10_000  # the size of a file ends a list of events before this does


@dataclass(frozen=True, slots=True)
class Happenings(Form):
    """The `[[event]]` tables: `what` picks the form of each."""

    kinds: Mapping[str, Form] = field(default_factory=dict)

    def fill(self, table: object, at: str, problems: list[Problem]) -> list[dict[str, Any]]:
        """Typed rows in the order of the file."""
        if not isinstance(table, list) or len(table) > _MOST_EVENTS:
            problems.append(Problem(at, shown(table), f"[[{at}]] tables"))
            return []
        rows = enumerate(table, 1)
        return [self._kind(row).fill(row, f"{at}[{n}]", problems) for n, row in rows]

    def _kind(self, row: object) -> Form:
        what = row.get("what") if isinstance(row, dict) else None
        if isinstance(what, str) and what in self.kinds:
            return self.kinds[what]
        fields: dict[str, Field] = {"at": _AT_FIELD, "what": _what(*self.kinds)}
        for kind in self.kinds.values():
            fields = {**{key: Anything("") for key in kind.fields}, **fields}
        return Form(self.meaning, fields=fields)

    def schema(self) -> dict[str, Any]:
        """See `Field.schema`."""
        rows = [{**kind.schema(), **_RULES.get(what, {})} for what, kind in self.kinds.items()]
        return {
            "type": "array",
            "items": {"oneOf": rows},
            "maxItems": _MOST_EVENTS,
            "description": self.meaning,
        }


_RULES: dict[str, dict[str, Any]] = {
    "refill": {"oneOf": [{"required": ["prescription"]}, {"required": ["fill_volume"]}]},
    "stall": {"not": {"required": ["lasts", "until"]}},
}
_AT_FIELD = Since('when it happens since the start, such as "3 day 14:05"', True)


def _what(*words: str) -> Choice:
    return Choice("what happens", True, words)


def scenario_form() -> Form:
    """Every key of a scenario file."""
    return Form(
        "A run of the virtual pump in which things happen",
        fields={
            "schema": Choice(f'the line schema = "{SCENARIO}"', True, (SCENARIO,)),
            "prescription": Text(
                "path of the prescription that runs at the start, from this file's folder", True
            ),
            "start": Moment("when the run starts; default: the prescription's fill time"),
            "length": Lasting("how long the run is, such as 30 day", True, example="30 day"),
            "seed": Seed("the number that all chance follows from; default 0"),
            "accuracy": Deviation('constant error of the flow, such as "5 %"; default "0 %"'),
            "event": Happenings("what happens, and when", kinds=_kinds()),
        },
    )


def json_schema() -> dict[str, Any]:
    """The scenario file as JSON Schema (draft 2020-12), dates and times as strings."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCENARIO,
        "title": "Cisterna scenario",
        **scenario_form().schema(),
    }


def _kinds() -> dict[str, Form]:
    keys = {**_acts(), **_FAULTS}
    return {
        what: Form(meaning, fields={"at": _AT_FIELD, "what": _what(what), **fields})
        for what, (meaning, fields) in keys.items()
    }


_RX = "path of the order, from this file's folder"
_LASTS = Lasting("how long, such as 2 h", True, example="2 h")
_PART = Factor("how much of the flow, above 0 to 1; default 1")


def _acts() -> dict[str, tuple[str, dict[str, Field]]]:
    return {
        "remote-request": ("The patient presses her remote once", {}),
        "clinician-bolus": (
            "A clinician orders one dose",
            {
                "dose": Amount("dose of the primary drug, such as 0.5 mg", True, MASS, "0.5 mg"),
                "duration": Lasting("over how long, such as 10 min", True, example="10 min"),
            },
        ),
        "program": (
            "A session programs a new order",
            {
                "prescription": Text(_RX, True),
                "bridge": Flag(
                    "whether the bridge that it needs is programmed with it; default true"
                ),
            },
        ),
        "refill": (
            "The reservoir is emptied, measured and filled again",
            {
                "measured": Amount(
                    "volume that came out, such as 4.6 mL", True, VOLUME, "4.6 mL", zero=True
                ),
                "prescription": Text(f"{_RX}: its solution goes in"),
                "fill_volume": Amount(
                    "how much of the same solution goes in", dimension=VOLUME, example="20 mL"
                ),
            },
        ),
        "interrogate": ("A session that only reads", {}),
        "clock-set": (
            "Somebody sets the pump's clock",
            {"to": Moment("what it shows from then on: a time with its offset", True)},
        ),
        "alarm-silence": (
            "Somebody silences an alarm",
            {"alarm": Choice("code of the alarm", True, tuple(alarm_kinds()))},
        ),
    }


_FAULTS: dict[str, tuple[str, dict[str, Field]]] = {
    "mri": (
        "A scan",
        {
            "lasts": Lasting('how long; default "30 min"', example="30 min"),
            "recovery": Lasting(
                'until the pump runs again after it; default "15 min"', example="15 min", zero=True
            ),
        },
    ),
    "stall": (
        "The motor stands still, until the next restart if nothing is said",
        {
            "lasts": Lasting("how long, such as 12 h", example="12 h"),
            "until": Choice("what ends it, instead of lasts", words=("restart",)),
        },
    ),
    "sensor-stuck": (
        "The motor's sensor shows turns, whatever it does; for good if nothing is said",
        {"lasts": Lasting("how long, such as 36 h", example="36 h")},
    ),
    "restart": ("A motor that stood still runs again", {}),
    "over-infusion": (
        "Every stroke gives more than its volume",
        {
            "factor": Factor("how many times its volume, such as 1.2", True, 1, 10_000),
            "lasts": _LASTS,
        },
    ),
    "occlusion": (
        "Flow is held back in the line",
        {"lasts": _LASTS, "fraction": _PART},
    ),
    "leak": (
        "Flow leaves the line before the tip",
        {"lasts": _LASTS, "fraction": _PART},
    ),
    "power-loss": (
        "The pump has no power, then restarts by itself",
        {"lasts": Lasting('how long; default "0 s"', example="30 s", zero=True)},
    ),
}
