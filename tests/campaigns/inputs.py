"""Inputs for the reader: valid orders bent at one key or another, random trees, text and bytes.

Each input follows from a seed and its number alone, so that any of them can be made again.
"""

import random
import string
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from cisterna.order.agreement import KEYS_OF_MODE
from cisterna.order.form import (
    Amount,
    Choice,
    Clock,
    Day,
    Field,
    Flag,
    Form,
    Moment,
    Several,
    Whole,
)
from cisterna.order.prescription import MODES
from cisterna.order.schema import prescription_form
from cisterna.quantity import (
    CONCENTRATION,
    DOSE_RATE,
    DURATION,
    FLOW,
    LENGTH,
    MASS,
    VOLUME,
    Dimension,
)
from tests.orders import LIBRARY, Tree, order, toml

Chance = random.Random

UNITS: dict[Dimension, tuple[str, ...]] = {
    MASS: ("ng", "mcg", "mg", "µg", "kg"),
    VOLUME: ("nL", "mcL", "mL", "L"),
    DURATION: ("ms", "s", "min", "h", "day", "year"),
    LENGTH: ("mm", "cm", "m"),
    FLOW: ("mL/day", "mL/h", "nL/h"),
    DOSE_RATE: ("mg/day", "mcg/day", "mg/h", "mcg/h"),
    CONCENTRATION: ("mg/mL", "mcg/mL"),
}

INFUSIONS: dict[str, Tree] = {
    "continuous": {"daily_dose": "4.4 mg/day"},
    "flex": {
        "step": [
            {"from": "00:00", "dose_rate": "0.15 mg/h"},
            {"from": "10:00", "dose_rate": "0.25 mg/h"},
        ]
    },
    "periodic-bolus": {
        "dose": "0.5 mg",
        "duration": "10 min",
        "interval": "6 h",
        "background": "1 mg/day",
    },
    "minimum-rate": {},
    "stopped": {},
}

HOSTILE: tuple[Any, ...] = (
    *("", " ", "NaN mg", "inf mg/day", "1e400 mg/day", "-1 mg/day", "0 mg", "4,4 mg", ".5 mL"),
    *("9" * 400, "٤ mg", "4 mg/day/day", "x" * 300, "a\nb", "\x1b[2J", "null", "../../etc/passwd"),
    *(0, -1, 2**63, 10**30, 1.5, float("nan"), float("inf"), True, False),
    *([], {}, [[]], [{}], {"value": "4.4", "unit": "mg/day"}),
    *(date(1, 1, 1), date(9999, 12, 31), time(23, 59, 59)),
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12))),
    datetime(2026, 11, 23, 10),  # noqa: DTZ001 - a time without its offset
)

FORM = prescription_form(LIBRARY)


def fields(form: Form, path: str = "") -> Iterator[tuple[str, Field]]:
    """Every field of a form, as a path that `order` takes (the first row of a list)."""
    for key, field in form.fields.items():
        here = f"{path}__{key}" if path else key
        yield here, field
        if isinstance(field, Form):
            yield from fields(field, f"{here}__0" if field.many else here)


FIELDS = tuple(fields(FORM))


# Orders -----------------------------------------------------------------------------------------


def bent_order(chance: Chance) -> str:
    """A valid order of one of the five modes with up to six keys changed, dropped or added."""
    mode = chance.choice(MODES)
    tree = order(infusion={"primary": "morphine", "mode": mode, **INFUSIONS[mode]})
    if mode == "stopped":
        tree = order(tree, remote=None)
    for _ in range(chance.randint(0, 6)):
        path, field = chance.choice(FIELDS)
        if not _belongs(path, mode) and chance.random() < 0.9:
            continue
        value = chance.choice(HOSTILE) if chance.random() < 0.1 else plausible(field, chance)
        if value is None and field.required and chance.random() < 0.9:
            continue
        tree = _with(tree, path, value)
    return toml(tree)


def _belongs(path: str, mode: str) -> bool:
    table, _, key = path.partition("__")
    return table != "infusion" or key.split("__")[0] in (*KEYS_OF_MODE[mode], "primary")


def _with(tree: Tree, path: str, value: Any) -> Tree:
    """The tree with one more change, or as it is where an earlier change left no such place."""
    try:
        return order(tree, **{path: value})
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return tree


def plausible(field: Field, chance: Chance) -> Any:
    """A value of the field's own kind, not always a sensible one; None to leave it out."""
    if chance.random() < 0.1:
        return None
    maker = MAKERS.get(type(field))
    return (
        chance.choice(("x", "this", "csf", "+02:00", "UTC"))
        if maker is None
        else maker(field, chance)
    )


def _amount(field: Any, chance: Chance) -> str:
    digits = chance.randint(1, 10 ** chance.randint(1, 6))
    number = f"{digits / 10 ** chance.randint(0, 6):.9f}".rstrip("0").rstrip(".")
    number = chance.choice((number, number, number, "0", "0.000000000000001", "9" * 15))
    dimension = field.dimension if chance.random() < 0.9 else chance.choice(tuple(UNITS))
    return f"{number} {chance.choice(UNITS[dimension])}"


def _choice(field: Any, chance: Chance) -> str:
    if field.prefixes and chance.random() < 0.2:
        return f"{field.prefixes[0]}:{chance.choice((*LIBRARY.drug_ids, 'x'))}"
    return str(chance.choice(field.words))


def _rows(field: Any, chance: Chance) -> Any:
    row = {key: plausible(one, chance) for key, one in field.fields.items()}
    row = {key: value for key, value in row.items() if value is not None}
    return [row] * chance.choice((1, 1, 2)) if field.many else row


def _several(field: Any, chance: Chance) -> list[Any]:
    items = (plausible(field.item, chance) for _ in range(chance.randint(0, 4)))
    return [item for item in items if item is not None]


def _moment(field: Any, chance: Chance) -> Any:
    offset = timezone(timedelta(minutes=chance.randint(-720, 840)))
    day = datetime(2026, 11, 23, 10, tzinfo=offset) + timedelta(hours=chance.randint(-9000, 9000))
    return day.date() if field.bare and chance.random() < 0.3 else day


MAKERS: dict[type[Field], Callable[[Any, Chance], Any]] = {
    Amount: _amount,
    Choice: _choice,
    Form: _rows,
    Several: _several,
    Moment: _moment,
    Flag: lambda _, chance: chance.random() < 0.5,
    Whole: lambda field, chance: chance.randint(0, field.most + 1),
    Day: lambda _, chance: date(2026, 1, 1) + timedelta(days=chance.randint(-40_000, 40_000)),
    Clock: lambda _, chance: f"{chance.randint(0, 24):02}:{chance.randint(0, 60):02}",
}


# Text, trees, bytes -----------------------------------------------------------------------------


def bent_text(chance: Chance) -> str:
    """The text of an order with letters changed, pieces cut out or repeated."""
    text = bent_order(chance)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text) + 1)
        piece = text[at : at + chance.randint(1, 30)]
        put = chance.choice(("", piece * 2, chance.choice('"=[]{}.,:-+0123456789eE \n\\#\x00')))
        text = text[:at] + put + text[at + len(piece) :]
    return text


def random_tree(chance: Chance) -> str:
    """Tables and lists of anything, under keys that mean something or nothing."""
    return toml({_key(chance): _anything(chance, 4) for _ in range(chance.randint(0, 8))})


def _key(chance: Chance) -> str:
    known = chance.choice(FIELDS)[0].split("__")
    other = "".join(chance.choices(string.printable, k=chance.randint(0, 6)))
    return chance.choice((*known, other))


def _anything(chance: Chance, depth: int) -> Any:
    if depth and chance.random() < 0.5:
        count = chance.randint(0, 4)
        if chance.random() < 0.5:
            return [_anything(chance, depth - 1) for _ in range(count)]
        return {_key(chance): _anything(chance, depth - 1) for _ in range(count)}
    return (
        chance.choice(HOSTILE)
        if chance.random() < 0.5
        else plausible(chance.choice(FIELDS)[1], chance) or ""
    )


def random_bytes(chance: Chance) -> bytes:
    """Bytes of every kind, some of them with the beginning of an order."""
    head = bent_order(chance).encode()[: chance.randint(0, 400)] if chance.random() < 0.5 else b""
    return head + chance.randbytes(chance.randint(0, 400))


KINDS: dict[str, tuple[int, Callable[[Chance], str | bytes]]] = {
    "a valid order with keys changed": (60, bent_order),
    "the text of an order with letters changed": (20, bent_text),
    "a random tree": (10, random_tree),
    "random bytes": (10, random_bytes),
}


def make(seed: int, number: int) -> tuple[str, bytes]:
    """(kind, content) of one input."""
    chance = Chance(f"{seed}:{number}")
    weights = [weight for weight, _ in KINDS.values()]
    kind = chance.choices(list(KINDS), weights)[0]
    content = KINDS[kind][1](chance)
    return kind, content if isinstance(content, bytes) else content.encode("utf-8", "replace")
